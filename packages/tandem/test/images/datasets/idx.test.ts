import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../../src/errors.js';
import { bytesOf, type DataSet, openImages } from '../../../src/images/index.js';
import { idx, pixel, sharedData, temporary, write } from '../making.js';

const imageFiles = 'train-images-idx3-ubyte';
const labelFiles = 'train-labels-idx1-ubyte';
const testImages = 't10k-images-idx3-ubyte';
const testLabels = 't10k-labels-idx1-ubyte';

const pixels = Uint8Array.from({ length: 20 * 12 }, (_, i) => i);
const small = {
  [imageFiles]: idx([20, 3, 4], pixels),
  [labelFiles]: idx(
    [20],
    Uint8Array.from({ length: 20 }, (_, i) => i % 10),
  ),
  [testImages]: idx([2, 3, 4], pixels.subarray(0, 24)),
  [testLabels]: idx([2], Uint8Array.of(9, 3)),
};

/** A data root with a small data set in which some files are replaced. */
function root(t: TestContext, changed: Partial<Record<string, Uint8Array>> = {}, folder = 'mnist'): string {
  const where = temporary(t);
  for (const [name, bytes] of Object.entries({ ...small, ...changed })) {
    if (bytes) write(where, join(folder, name), bytes);
  }
  return where;
}

async function refused(dataRoot: string, pattern: RegExp): Promise<void> {
  await assert.rejects(openImages('mnist', { dataRoot, download: false }), (error: Error) => {
    assert.ok(error instanceof UserError, error.stack);
    assert.match(error.message, pattern);
    assert.ok(!error.message.includes('\n'));
    return true;
  });
}

test('a small data set in idx files is read as it stands', async (t) => {
  const { name, train, reference, queries, skipped } = await openImages('mnist', { dataRoot: root(t) });
  assert.deepEqual([name, train.count, train.channels, train.height, train.width], ['mnist', 20, 1, 3, 4]);
  assert.deepEqual(bytesOf(train), pixels);
  assert.deepEqual(
    [...(train.labels ?? [])],
    [...Array(20).keys()].map((i) => i % 10),
  );
  assert.equal(reference, train);
  assert.deepEqual([queries?.count, [...(queries?.labels ?? [])]], [2, [9, 3]]);
  assert.deepEqual(skipped, []);
});

test('gzipped files, other spellings and other folders are found', async (t) => {
  const zipped = Object.fromEntries(Object.entries(small).map(([name, bytes]) => [`${name}.gz`, gzipSync(bytes)]));
  const without = Object.fromEntries(Object.keys(small).map((name) => [name, undefined]));
  for (const folder of ['mnist', 'MNIST/raw', '.']) {
    const { train } = await openImages('mnist', { dataRoot: root(t, { ...without, ...zipped }, folder) });
    assert.deepEqual(bytesOf(train), pixels);
  }
  const dotted = Object.fromEntries(
    Object.entries(small).map(([name, bytes]) => [name.replace('-idx', '.idx'), bytes]),
  );
  assert.equal((await openImages('mnist', { dataRoot: root(t, { ...without, ...dotted }) })).train.count, 20);
});

test('limit and size are kept to', async (t) => {
  const { train, reference, queries } = await openImages('mnist', { dataRoot: root(t), limit: 10, size: 6 });
  assert.deepEqual([train.count, train.height, train.width, bytesOf(train).length], [10, 6, 6, 360]);
  assert.deepEqual([...(train.labels ?? [])].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(reference, train);
  assert.deepEqual([queries?.count, queries?.height], [2, 6]);
});

test('a file cut short anywhere is refused, plain or gzipped', async (t) => {
  const whole = small[imageFiles];
  for (const length of [0, 3, 15, 16, 17, whole.length - 1]) {
    await refused(root(t, { [imageFiles]: whole.subarray(0, length) }), /train-images-idx3-ubyte: cut short: /);
  }
  await refused(
    root(t, { [imageFiles]: whole.subarray(0, 100) }),
    /header says 20 x 3 x 4, which makes 256 bytes, .* are 100/,
  );
  await refused(root(t, { [imageFiles]: Buffer.concat([whole, Buffer.from('x')]) }), /too long/);
  const zipped = gzipSync(whole);
  for (const length of [4, 12, zipped.length >> 1, zipped.length - 1]) {
    const cut = { [imageFiles]: undefined, [`${imageFiles}.gz`]: zipped.subarray(0, length) };
    await refused(root(t, cut), /train-images-idx3-ubyte.gz: cut short: its gzip data end early/);
  }
  const damaged = Buffer.from(zipped);
  damaged[damaged.length - 6] = (damaged[damaged.length - 6] as number) ^ 1;
  await refused(
    root(t, { [imageFiles]: undefined, [`${imageFiles}.gz`]: damaged }),
    /damaged: its gzip data do not unpack/,
  );
});

test('a wrong magic number, count or label is refused', async (t) => {
  await refused(
    root(t, { [imageFiles]: small[labelFiles] }),
    /not an idx file of images: begins with 0x00000801, expected 0x00000803/,
  );
  await refused(root(t, { [labelFiles]: small[imageFiles] }), /not an idx file of labels/);
  await refused(
    root(t, { [labelFiles]: small[testLabels] }),
    /train-labels-idx1-ubyte: 2 labels, but .* has 20 images/,
  );
  await refused(root(t, { [testLabels]: idx([2], Uint8Array.of(1, 10)) }), /label 10 at place 1, expected 0 to 9/);
  await refused(root(t, { [imageFiles]: idx([0, 3, 4], new Uint8Array(0)) }), /holds no images/);
  await refused(root(t, { [testImages]: idx([2, 4, 3], pixels.subarray(0, 24)) }), /images of 4x3, but .* has 3x4/);
});

test('an incomplete data set is reported with what it lacks', async (t) => {
  const dataRoot = root(t, { [testLabels]: undefined });
  await refused(dataRoot, /mnist: not found: expected train-images-idx3-ubyte, .*mnist lacks t10k-labels-idx1-ubyte/);
  await assert.rejects(openImages('mnist', { dataRoot: join(dataRoot, 'nowhere') }), /nowhere: no such data folder/);
});

/** The first byte of the queries. */
function firstByte({ queries }: DataSet): number | undefined {
  return queries && bytesOf(queries)[0];
}

test('the data root comes before TANDEM_DATA, and that before the usual places', async (t) => {
  const before = process.env.TANDEM_DATA;
  t.after(() => {
    if (before === undefined) delete process.env.TANDEM_DATA;
    else process.env.TANDEM_DATA = before;
  });
  process.env.TANDEM_DATA = root(t, { [testImages]: idx([2, 3, 4], new Uint8Array(24).fill(7)) });
  assert.equal(firstByte(await openImages('mnist')), 7);
  assert.equal(firstByte(await openImages('mnist', { dataRoot: temporary(t) })), 7);
  assert.equal(firstByte(await openImages('mnist', { dataRoot: root(t) })), 0);
});

const fashionFolder = '/usr/share/datasets/fashion-mnist';
test('Fashion-MNIST', { skip: existsSync(fashionFolder) ? false : `${fashionFolder} is not installed` }, async () => {
  const { train, reference, queries } = await openImages('fashion-mnist');
  assert.deepEqual([train.count, queries?.count, train.channels, train.height, train.width], [60000, 10000, 1, 28, 28]);
  assert.equal(reference, train);
  assert.equal(train.classes?.[train.labels?.[0] as number], 'Ankle boot');
  for (let label = 0; label < 10; label++) {
    assert.equal(train.labels?.filter((l) => l === label).length, 6000);
    assert.equal(queries?.labels?.filter((l) => l === label).length, 1000);
  }
  const mean = bytesOf(train).reduce((sum, value) => sum + value, 0) / bytesOf(train).length / 255;
  assert.ok(Math.abs(mean - 0.286) < 0.001, `mean ${mean}, known to be 0.286`);
});

const mnistFiles = join(sharedData, 'mnist');
test('MNIST, and that it is not taken for Fashion-MNIST', {
  skip: existsSync(mnistFiles) ? false : `${mnistFiles} is missing`,
}, async () => {
  const { train, queries } = await openImages('mnist', { dataRoot: sharedData });
  assert.deepEqual(
    [train.count, queries?.count, [...(train.labels ?? []).slice(0, 5)]],
    [60000, 10000, [5, 0, 4, 1, 9]],
  );
  const mean = bytesOf(train).reduce((sum, value) => sum + value, 0) / bytesOf(train).length / 255;
  assert.ok(Math.abs(mean - 0.1307) < 0.0001, `mean ${mean}, known to be 0.1307`);
  assert.deepEqual(pixel(train, 0, 0, 0), [0]);
  const mistaken = openImages('fashion-mnist', { dataRoot: mnistFiles, download: false }).then(
    (data) => data.train.classes?.[0],
    (error: Error) => error.message,
  );
  assert.match((await mistaken) ?? '', /^T-shirt|holds mnist under the same file names/);
});
