import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { decodeOne } from '../../../src/images/decode/decode-one.js';
import { bytesOf, openImages } from '../../../src/images/index.js';
import { fixture } from '../../support.js';
import { temporary, write } from '../making.js';

/** A file of bands, and its numbers as NumPy has them: height x width x channels. */
interface Case {
  readonly name: string;
  readonly file: string;
  readonly ending: string;
  readonly channels: number;
  readonly bits: 8 | 16;
  readonly range?: readonly [number, number];
  readonly numbers: string;
}

const cases = fixture<readonly Case[]>('bands');
const unpacked = (text: string) => inflateSync(Buffer.from(text, 'base64'));
const [height, width] = [10, 20];

for (const { name, file, channels, bits, range, numbers } of cases) {
  test(`${name}: the numbers that its writer was given, as planes`, async () => {
    const format = bits === 16 ? ({ channels, depth: 16 } as const) : { channels };
    const image = await decodeOne(unpacked(file), { format, range }, true);
    if (typeof image === 'string') assert.fail(image);
    assert.deepEqual([image.width, image.height], [width, height]);
    const bytes = new Uint8Array((channels * width * height * bits) / 8);
    image.write(bytes, 0);
    const wanted = unpacked(numbers);
    assert.ok(Buffer.from(bytes).equals(wanted), 'other numbers');
  });
}

test('a folder of bands is opened with all of them, and what has others is named', async (t) => {
  const four = cases.find(({ name }) => name === 'TIFF, 4 bands of uint16') as Case;
  const five = cases.find(({ name }) => name === 'TIFF, 5 bands of uint16') as Case;
  const root = temporary(t);
  for (let i = 0; i < 6; i++) write(root, `${i}.tif`, unpacked(four.file));
  write(root, '9.tif', unpacked(five.file));
  const { train, skipped, note } = await openImages(root, { size: 16 });
  assert.deepEqual([train.count, train.channels, train.depth], [6, 4, 16]);
  assert.deepEqual(skipped, [{ file: '9.tif', reason: '5 bands, where 4 bands are wanted' }]);
  assert.match(note ?? '', /4 bands of 16 bits/);
  assert.equal(bytesOf(train).length, 6 * 4 * 16 * 16 * 2);
});

test('arrays are pictures where there are no others', async (t) => {
  const array = cases.find(({ name }) => name === 'NumPy, 4 bands of uint16') as Case;
  const root = temporary(t);
  write(root, 'a.npy', unpacked(array.file));
  const { train } = await openImages(root, { size: 8 });
  assert.deepEqual([train.count, train.channels, train.depth], [1, 4, 16]);
  write(root, 'b.png', Buffer.from('no image'));
  await assert.rejects(openImages(root), /b\.png/);
});
