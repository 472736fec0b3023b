import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../../src/errors.js';
import { bytesOf, openImages } from '../../../src/images/index.js';
import { pixel, tarOf, temporary, write } from '../making.js';

const classNames = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const batchFiles = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
const binaryFolder = 'cifar-10-batches-bin';

/** Records whose red, green and blue planes each are of one value. */
function records(...items: readonly (readonly [label: number, r: number, g: number, b: number])[]): Buffer {
  const plane = (value: number) => Buffer.alloc(1024, value);
  return Buffer.concat(items.flatMap(([label, r, g, b]) => [Buffer.of(label), plane(r), plane(g), plane(b)]));
}

function files(changed: Readonly<Record<string, Uint8Array | undefined>> = {}): [string, Uint8Array][] {
  const all: Record<string, Uint8Array | undefined> = {
    ...Object.fromEntries(batchFiles.map((name, i) => [name, records([i, 10 * i, 1, 2], [9 - i, 10 * i + 5, 3, 4])])),
    'test_batch.bin': records([3, 200, 100, 50]),
    'batches.meta.txt': Buffer.from(`${classNames.join('\n')}\n\n`),
    ...changed,
  };
  return Object.entries(all).filter((entry): entry is [string, Uint8Array] => entry[1] !== undefined);
}

function inFolder(t: TestContext, below: string, changed?: Readonly<Record<string, Uint8Array | undefined>>): string {
  const root = temporary(t);
  for (const [name, bytes] of files(changed)) write(root, `${below}/${name}`, bytes);
  return root;
}

async function inTar(): Promise<Buffer> {
  const entries = files().reverse();
  const bodies = entries.map(([name, body]) => ({ name: `${binaryFolder}/${name}`, body }));
  return tarOf([
    { name: `${binaryFolder}/`, type: 'directory' },
    ...bodies,
    { name: `${binaryFolder}/readme.html`, body: 'hi' },
  ]);
}

async function check(dataRoot: string): Promise<void> {
  const { name, train, reference, queries } = await openImages('cifar10', { dataRoot });
  assert.deepEqual([name, train.count, train.channels, train.height, train.width], ['cifar10', 10, 3, 32, 32]);
  assert.deepEqual([...(train.labels ?? [])], [0, 9, 1, 8, 2, 7, 3, 6, 4, 5]);
  assert.deepEqual(train.classes, classNames);
  assert.equal(reference, train);
  assert.deepEqual(pixel(train, 3, 31, 31), [15, 3, 4]);
  assert.deepEqual(pixel(train, 8, 0, 0), [40, 1, 2]);
  assert.deepEqual([queries?.count, queries?.labels?.[0]], [1, 3]);
  assert.deepEqual(queries && pixel(queries, 0, 7, 9), [200, 100, 50]);
}

async function refused(dataRoot: string, pattern: RegExp): Promise<void> {
  await assert.rejects(openImages('cifar10', { dataRoot, download: false }), (error: Error) => {
    assert.ok(error instanceof UserError, error.stack);
    assert.match(error.message, pattern);
    return true;
  });
}

test('the binary version is read from its folder, wherever that lies', async (t) => {
  for (const below of [binaryFolder, `cifar10/${binaryFolder}`, 'cifar-10', 'cifar10', '.'])
    await check(inFolder(t, below));
});

test('the binary version is read from its archive', async (t) => {
  const tar = await inTar();
  const root = temporary(t);
  write(root, 'cifar10/cifar-10-binary.tar.gz', gzipSync(tar));
  await check(root);
  const beside = temporary(t);
  write(beside, 'cifar-10-binary.tar.gz', gzipSync(tar));
  await check(beside);
});

test('files of the same names elsewhere in the archive are no part of the set', async (t) => {
  const entries = files().map(([name, body]) => ({ name: `${binaryFolder}/${name}`, body }));
  const strays = [`__MACOSX/${binaryFolder}`, `${binaryFolder}/backup`, 'backup', binaryFolder].map((below, i) => ({
    name: `${below}/${i < 3 ? '' : '._'}data_batch_1.bin`,
    body: records([120, 1, 1, 1]),
  }));
  const root = temporary(t);
  write(root, 'cifar-10-binary.tar', await tarOf([strays[0] as (typeof strays)[0], ...entries, ...strays.slice(1)]));
  await check(root);
});

test('a file of names that unpacks to gigabytes is refused at its first megabyte', async (t) => {
  const names = Buffer.alloc(64 * 2 ** 20, '\n');
  const message = /batches.meta.txt: larger than 1.0 MiB/;
  await refused(inFolder(t, binaryFolder, { 'batches.meta.txt': names }), message);
  const entries = files({ 'batches.meta.txt': names }).map(([name, body]) => ({
    name: `${binaryFolder}/${name}`,
    body,
  }));
  const root = temporary(t);
  write(root, 'cifar-10-binary.tar.gz', gzipSync(await tarOf(entries)));
  await refused(root, message);
});

test('an archive cut short is refused', async (t) => {
  const bytes = gzipSync(await inTar(), { level: 0 });
  for (const share of [0.1, 0.5, 0.99]) {
    const root = temporary(t);
    write(root, 'cifar-10-binary.tar.gz', bytes.subarray(0, Math.floor(bytes.length * share)));
    await refused(root, /cifar-10-binary.tar.gz: cut short/);
  }
});

test('missing files, odd lengths, unknown labels and too few names are refused', async (t) => {
  const with_ = (changed: Readonly<Record<string, Uint8Array | undefined>>) => inFolder(t, binaryFolder, changed);
  await refused(with_({ 'data_batch_3.bin': undefined }), /data_batch_3.bin: missing; CIFAR-10 is/);
  await refused(with_({ 'batches.meta.txt': undefined }), /batches.meta.txt: missing/);
  await refused(with_({ 'test_batch.bin': Buffer.alloc(3072) }), /test_batch.bin: 3072 bytes, .* 3073-byte records/);
  await refused(with_({ 'data_batch_1.bin': Buffer.alloc(0) }), /data_batch_1.bin: 0 bytes/);
  await refused(with_({ 'data_batch_2.bin': records([0, 0, 0, 0], [10, 0, 0, 0]) }), /label 10 in record 1/);
  await refused(with_({ 'batches.meta.txt': Buffer.from('cat\ndog\n') }), /2 class names, expected 10/);
});

test('a file of its full length is read to the last byte, and one that is longer is refused', async (t) => {
  const long = Buffer.alloc(10_001 * 3073);
  for (let i = 0; i < long.length; i++)
    long[i] = i % 3073 === 0 ? Math.floor(i / 3073) % 10 : Math.imul(i, 0x9e3779b1) >>> 24;
  const full = long.subarray(0, 10_000 * 3073);
  const { train } = await openImages('cifar10', { dataRoot: inFolder(t, binaryFolder, { 'data_batch_2.bin': full }) });
  assert.equal(train.count, 10_008);
  const pixels = bytesOf(train, 2, 10_002);
  assert.deepEqual(
    train.labels?.subarray(2, 10_002),
    Int32Array.from({ length: 10_000 }, (_, i) => i % 10),
  );
  for (let i = 0; i < 10_000; i++) {
    const image = full.subarray(i * 3073 + 1, (i + 1) * 3073);
    assert.equal(image.compare(pixels, i * 3072, (i + 1) * 3072), 0, `image ${i}`);
  }
  await refused(inFolder(t, binaryFolder, { 'data_batch_2.bin': long }), /data_batch_2.bin: more than 10000 records/);
});

test('where nothing is found, the message says what is expected, where it was looked for and where to get it', async (t) => {
  const root = temporary(t);
  await refused(
    root,
    new RegExp(`cifar10: not found: expected cifar-10-binary.tar.gz, .* under ${root}, .*cs.toronto.edu`),
  );
});

test('the folder given as a folder of images is met with the right name', async (t) => {
  await assert.rejects(openImages(inFolder(t, binaryFolder)), /holds CIFAR-10's binary files. Say cifar10/);
});

test('limit and size are kept to', async (t) => {
  const { train } = await openImages('cifar10', { dataRoot: inFolder(t, binaryFolder), limit: 4, size: 16 });
  assert.deepEqual([train.count, train.height, bytesOf(train).length], [4, 16, 4 * 3 * 256]);
  assert.equal(new Set(train.labels).size, 4);
});

test('with a margin the images are left as they are unless they are larger', async (t) => {
  const dataRoot = inFolder(t, binaryFolder);
  const sides = async (size: number) => {
    const data = await openImages('cifar10', { dataRoot, size, margin: 8 / 7 });
    return [data.train.height, data.queries?.height, data.size];
  };
  assert.deepEqual(await sides(64), [32, 32, 64]);
  assert.deepEqual(await sides(32), [32, 32, 32]);
  assert.deepEqual(await sides(16), [19, 19, 16]);
});
