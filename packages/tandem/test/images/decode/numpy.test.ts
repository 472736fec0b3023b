import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeOne } from '../../../src/images/decode/decode-one.js';
import { zipOf } from '../making.js';
import { npy } from '../mutants/arrays.js';

const data = Uint8Array.from({ length: 4 * 5 * 3 }, (_, i) => i);
const whole = npy('|u1', [4, 5, 3], data);
const told = (bytes: Uint8Array) => decodeOne(bytes, { format: { channels: 3 } }, true);

/** The array with one text of its header in place of another of the same length. */
function otherwise(from: string, to: string): Buffer {
  const at = whole.indexOf(from);
  assert.ok(at > 0 && from.length === to.length);
  const copy = Buffer.from(whole);
  copy.write(to, at);
  return copy;
}

function changed(at: number, ...values: readonly number[]): Buffer {
  const copy = Buffer.from(whole);
  copy.set(values, at);
  return copy;
}

const damaged = 'NumPy: its header is damaged';

for (const [what, bytes, reason] of [
  ['a header that is cut', whole.subarray(0, 60), damaged],
  ['a file of its first ten bytes', whole.subarray(0, 10), damaged],
  ['a length of the header that is too small', changed(8, 100), damaged],
  ['a length of the header that is too large', changed(8, 130), damaged],
  ['a length of the header beyond the file', changed(8, 255, 255), damaged],
  ['a version that there is not', changed(6, 9), damaged],
  ['a header whose length has another place', changed(6, 2), damaged],
  ['a negative side', otherwise('(4, 5, 3)', '(4,-5, 3)'), damaged],
  ['a side that is no whole number', otherwise('(4, 5, 3)', '(4, 5. 3)'), damaged],
  ['sides without a comma', otherwise('(4, 5, 3)', '(4  5, 3)'), damaged],
  ['a key that there is not', otherwise("'shape'", "'shame'"), damaged],
  ['an order that is neither', otherwise('False', 'Falsy'), damaged],
  ['a field that is missing', otherwise("'fortran_order': False,", ' '.repeat(23)), damaged],
  [
    'a shape that is smaller than the numbers',
    otherwise('(4, 5, 3)', '(4, 4, 3)'),
    'NumPy: the file has more numbers than its header says',
  ],
  [
    'a shape that is larger than the numbers',
    otherwise('(4, 5, 3)', '(4, 6, 3)'),
    'NumPy: the file ends within its numbers',
  ],
  ['numbers that are cut', whole.subarray(0, whole.length - 1), 'NumPy: the file ends within its numbers'],
  ['an unknown order of bytes', otherwise("'|u1'", "'!u1'"), 'NumPy: numbers of type !u1 are not read'],
  ['complex numbers', otherwise("'|u1'", "'<c8'"), 'NumPy: numbers of type <c8 are not read'],
  ['objects', npy('|O', [4, 5], data), 'NumPy: an array of Python objects, which are never unpacked'],
  ['five dimensions', npy('|u1', [2, 2, 1, 5, 3], data), 'NumPy: an array of 5 dimensions, not 2 or 3'],
  ['one dimension', npy('|u1', [60], data), 'NumPy: an array of 1 dimensions, not 2 or 3'],
] as const) {
  test(`an array with ${what} is refused by name`, async () => {
    assert.equal(await told(bytes), reason);
  });
}

test('an array of records is refused by name', async () => {
  const fields = Buffer.from("{'descr': [('r', '|u1'), ('g', '|u1')], 'fortran_order': False, 'shape': (5, 6), }");
  const records = Buffer.from(npy('|u1', [5, 6], data));
  fields.copy(records, 10);
  assert.equal(await told(records), 'NumPy: numbers of several fields are not read');
});

test('a header as other writers and Python 2 have it is read', async () => {
  const other = Buffer.from(whole);
  Buffer.from("{'shape': (4L, 5L, 3L), 'fortran_order': False, 'descr': '|u1'}").copy(other, 10);
  const image = await told(other);
  assert.ok(typeof image === 'object', String(image));
  assert.deepEqual([image.width, image.height], [5, 4]);
});

test('of several arrays with one name the last counts, and image before arr_0', async () => {
  const filled = (value: number) =>
    npy(
      '|u1',
      [4, 5, 3],
      data.map(() => value),
    );
  const first = async (...entries: readonly (readonly [string, number])[]) => {
    const image = await told(zipOf(entries.map(([name, value]) => ({ name, body: filled(value) }))));
    assert.ok(typeof image === 'object', String(image));
    const pixels = new Uint8Array(60);
    image.write(pixels, 0);
    return pixels[0];
  };
  assert.equal(await first(['arr_0.npy', 1], ['arr_0.npy', 2]), 2);
  assert.equal(await first(['arr_0.npy', 1], ['image.npy', 2], ['label.npy', 3]), 2);
  assert.equal(await first(['image.npy', 1], ['arr_0.npy', 2]), 1);
});

test('an archive of arrays that are neither image nor arr_0 is named, and one of damaged bytes', async () => {
  const two = zipOf([
    { name: 'a.npy', body: whole },
    { name: 'b.npy', body: whole },
  ]);
  assert.equal(await told(two), 'NumPy: 2 arrays, none of them called image or arr_0');
  const archive = zipOf([{ name: 'arr_0.npy', body: whole, stored: true }]);
  archive[archive.indexOf('NUMPY') + 130] = 77;
  assert.equal(await told(archive), 'NumPy: damaged: its CRC-32 is not the one that the zip says');
});
