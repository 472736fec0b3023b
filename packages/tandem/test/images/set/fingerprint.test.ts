import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fingerprint, type ImageSet, PixelFile } from '../../../src/images/index.js';
import { noise, temporary } from '../../support.js';

const set = noise(50, { channels: 3, side: 8 });
const stride = 3 * 8 * 8;
const pixels = set.pixels as Uint8Array;

function changed(image: number): ImageSet {
  const other = pixels.slice();
  other[image * stride] = (other[image * stride] as number) ^ 1;
  return { ...set, pixels: other };
}

test('of a set that is not large it is the SHA-256 of all pixels, and any changed one gives another', () => {
  assert.equal(fingerprint(set), createHash('sha256').update(pixels).digest('hex'));
  for (let image = 0; image < set.count; image++) assert.notEqual(fingerprint(changed(image)), fingerprint(set));
});

test('of a large one evenly spread images are looked at', () => {
  const most = 10 * stride;
  const seen = Array.from({ length: 50 }, (_, i) => fingerprint(changed(i), most) !== fingerprint(set, most));
  assert.deepEqual(
    seen.flatMap((is, i) => (is ? [i] : [])),
    [0, 5, 10, 15, 20, 25, 30, 35, 40, 45],
  );
});

test('it is the same where the images are read from a file', (t) => {
  const file = join(temporary(t), 'pixels');
  writeFileSync(file, pixels);
  const places = Uint32Array.from({ length: set.count }, (_, i) => i);
  const other = { ...set, pixels: PixelFile.open(file, stride, places) };
  for (const most of [2 ** 28, 10 * stride, 1]) assert.equal(fingerprint(other, most), fingerprint(set, most));
});
