import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import sharp from 'sharp';
import { manualSeed } from 'tandem-torch';
import type { DataSet, ImageSet } from '../../src/images/index.js';
import { buildEncoder } from '../../src/networks/index.js';
import { stream } from '../../src/random.js';
import { findNeighbours } from '../../src/report/neighbours.js';
import { saveEncoder } from '../../src/weights/index.js';
import { temporary } from '../support.js';

const side = 8;

/** Images of one shade a class with a little noise of their own. */
function shades(count: number, seed: number): ImageSet & { labels: Int32Array } {
  const random = stream(seed);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  const pixels = Uint8Array.from({ length: count * 3 * side * side }, (_, at) => {
    const [image, channel] = [Math.floor(at / (3 * side * side)), Math.floor(at / (side * side)) % 3];
    return (labels[image] === channel ? 200 : 20) + random.below(20);
  });
  return {
    name: 'shades',
    count,
    channels: 3,
    height: side,
    width: side,
    pixels,
    labels,
    classes: ['red', 'green', 'blue'],
    files: Array.from({ length: count }, (_, i) => `${i}.png`),
  };
}

function encoderFile(t: TestContext): string {
  manualSeed(0);
  const architecture = { backbone: 'resnet8', width: 4, stem: 'small', channels: 3 } as const;
  const encoder = buildEncoder(architecture);
  const file = join(temporary(t), 'encoder.safetensors');
  saveEncoder(file, encoder, { architecture, size: side, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] });
  encoder.dispose();
  return file;
}

test('an image that stands in the reference set too is its own nearest neighbour, and its class is marked', async (t) => {
  const shaded = shades(30, 1);
  const data: DataSet = { name: 'shades', train: shaded, reference: shaded, queries: shaded, skipped: [] };
  const { queries, among } = await findNeighbours(encoderFile(t), data, { device: 'cpu' });
  assert.deepEqual([among, queries.length], [30, 10]);
  assert.deepEqual(new Set(queries.map(({ caption }) => caption)), new Set(['red', 'green', 'blue']));
  for (const { uri, caption, file, neighbours } of queries) {
    assert.match(file ?? '', /^\d+\.png$/);
    assert.equal(neighbours.length, 5);
    assert.equal(neighbours[0]?.uri, uri);
    assert.ok(Math.abs((neighbours[0]?.similarity ?? 0) - 1) < 1e-4);
    const similarities = neighbours.map(({ similarity }) => similarity);
    assert.deepEqual(
      similarities,
      [...similarities].sort((a, b) => b - a),
    );
    for (const one of neighbours) assert.equal(one.right, one.caption === caption);
  }
  const png = Buffer.from(queries[0]?.uri.replace('data:image/png;base64,', '') ?? '', 'base64');
  assert.equal((await sharp(png).metadata()).width, side);
});

test('without labels images are looked for among the others, by their files', async (t) => {
  const { labels: _l, classes: _c, ...train } = shades(40, 2);
  const { queries, among } = await findNeighbours(encoderFile(t), { name: 'x', train, skipped: [] }, { device: 'cpu' });
  assert.deepEqual([queries.length, among], [10, 30]);
  const asked = new Set(queries.map(({ caption }) => caption));
  for (const { neighbours } of queries) {
    for (const one of neighbours) {
      assert.equal(asked.has(one.caption), false, `${one.caption} is a query`);
      assert.equal(one.right, undefined);
    }
  }
});

test('one image has no neighbours', async (t) => {
  const { labels: _l, classes: _c, ...train } = shades(1, 3);
  const found = findNeighbours(encoderFile(t), { name: 'x', train, skipped: [] }, { device: 'cpu' });
  await assert.rejects(found, { name: 'UserError', message: /^x has one image only/ });
});

test('three images have two neighbours', async (t) => {
  const { labels: _l, classes: _c, ...train } = shades(3, 3);
  const { queries } = await findNeighbours(encoderFile(t), { name: 'x', train, skipped: [] }, { device: 'cpu' });
  assert.ok(queries.every(({ neighbours }) => neighbours.length > 0 && neighbours.length <= 2));
});

test('images of other channels than the encoder takes are refused', async (t) => {
  const train: ImageSet = { name: 'gray', count: 9, channels: 1, height: 8, width: 8, pixels: new Uint8Array(576) };
  await assert.rejects(findNeighbours(encoderFile(t), { name: 'gray', train, skipped: [] }, { device: 'cpu' }), {
    name: 'UserError',
    message: /^gray has images of 1 channels, the encoder takes 3$/,
  });
});
