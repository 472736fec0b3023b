import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import sharp from 'sharp';
import { stream } from '../../src/random.js';
import { saveEncoder } from '../../src/weights/index.js';
import { cosines, least, run as runModel, seasoned } from '../export/exporting.js';
import { idx, write } from '../images/making.js';
import { tandem, temporary } from './running.js';

// Encoders of gray and of colour on images of the other kind, by the command line, beside their own
// exported models, which are fed the pixels of a picture in red, green and blue.

const [side, count] = [28, 12];
const root = temporary({ after });
const random = stream(1, 0, 0, 0);
const coloured = Array.from({ length: count }, () => picture(3));
const grays = Array.from({ length: count }, () => picture(1));

/** Coarse random pixels, made smooth, h x w x channels. */
function picture(channels: 1 | 3): Uint8Array {
  const knots = Array.from({ length: 49 * channels }, () => random.below(256));
  return Uint8Array.from({ length: side * side * channels }, (_, i) => {
    const [p, c] = [Math.floor(i / channels), i % channels];
    const [y, x] = [Math.floor(p / side / 4), Math.floor((p % side) / 4)];
    return knots[(y * 7 + x) * channels + c] as number;
  });
}

function encoder(name: string, channels: 1 | 3): string {
  const architecture = { backbone: 'resnet8', width: 8, stem: 'small', channels } as const;
  const [mean, std] =
    channels === 1
      ? [[0.4], [0.3]]
      : [
          [0.4, 0.5, 0.45],
          [0.3, 0.25, 0.2],
        ];
  const file = join(root, `${name}.safetensors`);
  saveEncoder(file, seasoned(architecture), { architecture, size: side, mean, std });
  return file;
}

before(async () => {
  for (let i = 0; i < count; i++) {
    const file = `${String(i).padStart(2, '0')}.png`;
    const raw = (channels: 1 | 3) => ({ raw: { width: side, height: side, channels } });
    write(root, `colour/${file}`, await sharp(coloured[i], raw(3)).png().toBuffer());
    write(root, `gray/${file}`, await sharp(grays[i], raw(1)).toColourspace('b-w').png().toBuffer());
  }
  const pixels = Uint8Array.from(grays.flatMap((image) => [...image]));
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 2);
  for (const part of ['train', 't10k']) {
    write(root, `data/mnist/${part}-images-idx3-ubyte`, idx([count, side, side], pixels));
    write(root, `data/mnist/${part}-labels-idx1-ubyte`, idx([count], labels));
  }
});

/** Rows that the command writes, and rows of the exported model for the same pixels, as colours. */
async function both(t: Parameters<typeof tandem>[0], name: string, images: string[], pixels: Uint8Array[]) {
  const file = encoder(name, name.startsWith('gray') ? 1 : 3);
  const [out, folder] = [join(root, `${name}.jsonl`), join(root, `${name}-export`)];
  const embedded = await tandem(t, 'embed', file, ...images, '--out', out);
  assert.equal(embedded.code, 0, embedded.stderr);
  assert.equal((await tandem(t, 'export', file, '--out', folder)).code, 0);
  const rows = readFileSync(out, 'utf8').trim().split('\n');
  const own = rows.flatMap((row) => JSON.parse(row).features);
  const { image_mean: mean, image_std: std } = JSON.parse(
    readFileSync(join(folder, 'preprocessor_config.json'), 'utf8'),
  );
  const area = side * side;
  const input = pixels.flatMap((image) =>
    Array.from({ length: 3 * area }, (_, i) => {
      const [c, p] = [Math.floor(i / area), i % area];
      const value = image[image.length === area ? p : 3 * p + c] as number;
      return (value / 255 - mean[c]) / std[c];
    }),
  );
  const shape = [pixels.length, 3, side, side];
  const { pooled } = await runModel(join(folder, 'onnx', 'model.onnx'), Float32Array.from(input), shape);
  const theirs = pooled.data as Float32Array;
  // Of a data set its queries come after, which are the same here.
  return { own: own.slice(0, theirs.length), theirs, stderr: embedded.stderr, width: theirs.length / pixels.length };
}

test('an encoder of gray embeds colour pictures as its exported model, but for the rounding of gray', async (t) => {
  const { own, theirs, stderr, width } = await both(t, 'gray', [join(root, 'colour')], coloured);
  assert.equal(stderr.split('made gray').length, 2, `said once: ${stderr}`);
  const alike = least(cosines(own, theirs, width));
  assert.ok(alike > 0.9999, `${alike}`);
  assert.ok(Math.max(...own.map((value: number, i: number) => Math.abs(value - (theirs[i] as number)))) < 0.02);
});

test('an encoder of gray embeds gray pictures as its exported model', async (t) => {
  const { own, theirs, width } = await both(t, 'gray-gray', [join(root, 'gray')], grays);
  assert.ok(least(cosines(own, theirs, width)) > 0.999999);
});

for (const [name, images] of [
  ['pictures', [join(root, 'gray')]],
  ['a data set', ['mnist', '--data-root', join(root, 'data')]],
] as const) {
  test(`an encoder of colour embeds gray images of ${name} as its exported model does three equal channels`, async (t) => {
    const { own, theirs, width, stderr } = await both(t, `colour-${name.length}`, [...images], grays);
    assert.ok(least(cosines(own, theirs, width)) > 0.999999);
    if (name === 'a data set') assert.equal(stderr.split('repeated as red').length, 2, `said once: ${stderr}`);
  });
}
