import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { bytesOf, type ImageSet } from '../../../src/images/index.js';
import { resizeSet } from '../../../src/images/set/resize.js';

function gray(height: number, width: number, at: (y: number, x: number) => number, channels: 1 | 3 = 1): ImageSet {
  const plane = Array.from({ length: height * width }, (_, i) => at(Math.floor(i / width), i % width));
  const pixels = Uint8Array.from(new Array(channels).fill(plane).flat());
  return { name: 'made', count: 1, channels, height, width, pixels };
}

/** A set at another size, and its bytes. */
function resized(set: ImageSet, size: number): ImageSet & { readonly pixels: Uint8Array } {
  const made = resizeSet(set, size);
  return { ...made, pixels: bytesOf(made) };
}

test('a set of that size already is returned as it is', () => {
  const set = gray(5, 5, () => 3);
  assert.equal(resizeSet(set, 5), set);
});

test('one colour stays one colour at every size', () => {
  for (const size of [1, 2, 5, 7, 13, 40]) {
    const { pixels, height, width } = resized(
      gray(7, 9, () => 201, 3),
      size,
    );
    assert.deepEqual([height, width, pixels.length], [size, size, 3 * size * size]);
    assert.ok(pixels.every((value) => value === 201));
  }
});

test('halving takes the triangle of four pixels', () => {
  const row = [0, 80, 160, 240];
  const { pixels } = resized(
    gray(4, 4, (_, x) => row[x] as number),
    2,
  );
  // Weights 3/8, 3/8, 1/8 and the pixel beyond the edge left out: (3*0 + 3*80 + 160) / 7 and its
  // mirror image.
  assert.deepEqual([...pixels], [57, 183, 57, 183]);
});

test('a ramp stays a ramp when enlarged', () => {
  const { pixels } = resized(
    gray(28, 28, (_, x) => 4 * x + 20),
    56,
  );
  for (let x = 1; x < 55; x++) assert.ok(Math.abs((pixels[x] as number) - (4 * ((x + 0.5) / 2 - 0.5) + 20)) <= 0.5);
});

test('the centre is cut out of what is not square', () => {
  const { pixels } = resized(
    gray(4, 8, (_, x) => 10 * x),
    4,
  );
  assert.deepEqual([...pixels.slice(0, 4)], [20, 30, 40, 50]);
  assert.deepEqual(
    [
      ...resized(
        gray(6, 2, (y) => 10 * y),
        2,
      ).pixels,
    ],
    [20, 20, 30, 30],
  );
});

test('agrees with the decoding library where both shrink smooth images', async () => {
  const set = gray(28, 28, (y, x) => 128 + 100 * Math.sin(y / 4) * Math.cos(x / 5));
  const raw = sharp(bytesOf(set), { raw: { width: 28, height: 28, channels: 1 } });
  const other = await raw.resize(16, 16, { kernel: 'linear' }).extractChannel(0).raw().toBuffer();
  const ours = resized(set, 16).pixels;
  const worst = Math.max(...ours.map((value, i) => Math.abs(value - (other[i] as number))));
  assert.ok(worst <= 2, `worst ${worst}`);
});
