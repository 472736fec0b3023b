import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/errors.js';
import { Batches, bytesOf, gather, type ImageSet, inOrder, limit, slice, subset } from '../../../src/images/index.js';

/** Images of 2x3 whose every byte tells which image it is of. */
function numbered(count: number, channels: 1 | 3 = 3): ImageSet {
  const stride = channels * 6;
  return {
    name: 'numbered',
    count,
    channels,
    height: 2,
    width: 3,
    pixels: Uint8Array.from({ length: count * stride }, (_, i) => Math.floor(i / stride)),
    labels: Int32Array.from({ length: count }, (_, i) => i % 5),
    classes: ['a', 'b', 'c', 'd', 'e'],
    files: Array.from({ length: count }, (_, i) => `${i}.png`),
  };
}

test('an epoch brings whole batches, no image twice, with the bytes of the images named', () => {
  const batches = new Batches(numbered(103), { batch: 10, seed: 1 });
  assert.equal(batches.perEpoch, 10);
  const seen: number[] = [];
  for (const { indices, bytes } of batches.epoch(0)) {
    assert.equal(indices.length, 10);
    assert.deepEqual(
      [...bytes],
      [...indices].flatMap((i) => new Array(18).fill(i)),
    );
    seen.push(...indices);
  }
  assert.equal(seen.length, 100);
  assert.equal(new Set(seen).size, 100);
});

test('the rest that is dropped is another one every epoch', () => {
  const batches = new Batches(numbered(19), { batch: 10, seed: 1 });
  const seen = new Set<number>();
  for (let epoch = 0; epoch < 20; epoch++)
    for (const { indices } of batches.epoch(epoch)) for (const i of indices) seen.add(i);
  assert.equal(seen.size, 19);
});

test('the order is given by seed and epoch alone, and can be entered anywhere', () => {
  const order = (seed: number, epoch: number, from = 0) =>
    [...new Batches(numbered(50), { batch: 7, seed }).epoch(epoch, from)].map(({ indices }) => indices.join());
  assert.deepEqual(order(1, 0), order(1, 0));
  assert.notDeepEqual(order(1, 0), order(1, 1));
  assert.notDeepEqual(order(1, 0), order(2, 0));
  for (let from = 0; from <= 7; from++) assert.deepEqual(order(1, 3, from), order(1, 3).slice(from));
});

test('a batch as large as the data is the whole data; a larger one names both numbers', () => {
  const [only] = new Batches(numbered(8), { batch: 8, seed: 0 }).epoch(0);
  assert.deepEqual(
    [...(only?.indices ?? [])].sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
  assert.throws(
    () => new Batches(numbered(8), { batch: 9, seed: 0 }),
    (error: Error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /batch of 9 .* numbered has 8 images; give --batch 8 or less/);
      return true;
    },
  );
  assert.throws(() => new Batches(numbered(8), { batch: 0, seed: 0 }), UserError);
  assert.throws(() => new Batches(numbered(8), { batch: 1.5, seed: 0 }), UserError);
});

test('inOrder brings everything once, the last chunk smaller, without copying', () => {
  const set = numbered(10, 1);
  const chunks = [...inOrder(set, 4)];
  assert.deepEqual(
    chunks.map(({ indices }) => [...indices]),
    [
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ],
  );
  assert.deepEqual(Buffer.concat(chunks.map(({ bytes }) => bytes)), Buffer.from(bytesOf(set)));
  assert.equal(chunks[1]?.bytes.buffer, bytesOf(set).buffer);
  assert.throws(() => [...inOrder(set, 0)], RangeError);
});

test('subset, slice and limit keep images, labels and files together', () => {
  const set = numbered(20);
  const matches = (part: ImageSet) => {
    assert.equal(bytesOf(part).length, part.count * 18);
    for (let i = 0; i < part.count; i++) {
      const image = bytesOf(part)[i * 18] as number;
      assert.equal(part.labels?.[i], image % 5);
      assert.equal(part.files?.[i], `${image}.png`);
    }
  };
  const some = subset(set, [7, 3, 3]);
  assert.deepEqual([some.count, some.files], [3, ['7.png', '3.png', '3.png']]);
  matches(some);
  const middle = slice(set, 5, 9);
  assert.deepEqual([middle.count, middle.files], [4, ['5.png', '6.png', '7.png', '8.png']]);
  matches(middle);
  matches(subset(middle, [1, 0]));
  const few = limit(set, 10, 3);
  matches(few);
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((label) => few.labels?.filter((l) => l === label).length),
    [2, 2, 2, 2, 2],
  );
  assert.equal(limit(set, 20), set);
  assert.throws(() => gather(set, [20]), /image 20 is not in numbered, which has 20/);
  assert.throws(() => gather(set, [-1]), RangeError);
});
