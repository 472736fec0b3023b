import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { decodeOne } from '../../../src/images/decode/decode-one.js';
import { fixture } from '../../support.js';

// Damage of which the decoder says nothing. What the files hold when whole: decode-one.test.ts.

interface Case {
  readonly name: string;
  readonly file: string;
  readonly pixels: string;
  readonly width: number;
  readonly height: number;
}

const cases = new Map(fixture<readonly Case[]>('unusual').map((one) => [one.name, one]));

/** Changes an entry of a TIFF's directory. */
type Change = (bytes: Buffer, entry: number) => void;

const count = (numbers: number): Change => {
  return (bytes, entry) => bytes.writeUInt32LE(numbers, entry + 4);
};
const asFloat: Change = (bytes, entry) => bytes.writeUInt16LE(11, entry + 2);
const value = (number: number): Change => {
  return (bytes, entry) => bytes.writeUInt16LE(number, entry + 8);
};
const named = (tag: number): Change => {
  return (bytes, entry) => bytes.writeUInt16LE(tag, entry);
};
/** The first of the fractions that an entry points at. */
const fraction = (above: number): Change => {
  return (bytes, entry) => bytes.writeUInt32LE(above, bytes.readUInt32LE(entry + 8));
};

const plain = 'TIFF YCbCr, LZW';
const damages: readonly [what: string, file: string, tag: number, change: Change, said: RegExp][] = [
  ['several numbers of rows', plain, 278, count(513), /damaged: its rowsPerStrip is not one whole number/],
  ['a float as its width', plain, 256, asFloat, /damaged: its width is not one whole number/],
  ['floats as its bits', plain, 258, asFloat, /damaged: its bits are no whole numbers/],
  ['a tag twice', plain, 277, named(262), /damaged: it says its photometric twice/],
  [
    'an unknown predictor',
    plain,
    284,
    (bytes, entry) => {
      named(317)(bytes, entry);
      value(1026)(bytes, entry);
    },
    /damaged: predictor 1026, which there is none of/,
  ],
  ['too few colours', 'TIFF palette of 2 bits', 320, count(9), /damaged: its palette has not as many colours/],
  ['no colours', 'TIFF palette of 8 bits', 320, named(2368), /damaged: its palette has not as many colours/],
  ['black lighter than white', 'TIFF YCbCr', 532, fraction(256), /damaged: which numbers of YCbCr are black and white/],
  ['strips of JPEG that are too low', 'TIFF of jpeg, strips', 278, value(64), /strip 1 of 4 is a JPEG of another size/],
];

for (const [what, file, tag, change, said] of damages) {
  test(`a TIFF with ${what} is named: readers take it in different ways`, async () => {
    const bytes = bytesOf(file);
    assert.equal(typeof (await decoded(bytes)), 'object');
    assert.equal(bytes.toString('latin1', 0, 2), 'II');
    const start = bytes.readUInt32LE(4);
    const entries = Array.from({ length: bytes.readUInt16LE(start) }, (_, i) => start + 2 + 12 * i);
    const entry = entries.find((at) => bytes.readUInt16LE(at) === tag);
    assert.ok(entry !== undefined);
    change(bytes, entry);
    const image = await decoded(bytes);
    assert.match(typeof image === 'string' ? image : 'kept', said);
  });
}

test('a JPEG with a frame, a second scan or a restart of another number among its last codes is named', async () => {
  for (const marker of [0xc0, 0xda, 0xd3]) {
    const bytes = bytesOf('JPEG 4:4:4');
    bytes.set([0xff, marker, 0, 8, 1, 1, 0, 0, 63, 0], bytes.length - 40);
    const image = await decoded(bytes);
    const said = `JPEG: its codes are damaged: marker 0x${marker.toString(16)} among them`;
    assert.equal(typeof image === 'string' ? image : 'kept', said);
  }
});

test("what a GIF's first frame leaves free is white, as browsers show it on white", async () => {
  const { width: w, height: h, pixels } = cases.get('GIF') as Case;
  const bytes = bytesOf('GIF');
  const frame = bytes.indexOf(Buffer.from([0x2c, 0, 0, 0, 0, w, 0, h, 0]));
  assert.ok(frame > 0);
  const [left, top, width, height] = [3, 2, w + 4, h + 7];
  bytes.writeUInt16LE(width, 6);
  bytes.writeUInt16LE(height, 8);
  bytes.writeUInt16LE(left, frame + 1);
  bytes.writeUInt16LE(top, frame + 3);
  const image = await decoded(bytes);
  if (typeof image === 'string') assert.fail(image);
  assert.deepEqual([image.width, image.height], [width, height]);
  const planes = new Uint8Array(3 * width * height);
  image.write(planes, 0);
  const drawn = inflateSync(Buffer.from(pixels, 'base64'));
  const wanted = planes.map((_, i) => {
    const [c, y, x] = [Math.floor(i / (width * height)), (Math.floor(i / width) % height) - top, (i % width) - left];
    return x >= 0 && x < w && y >= 0 && y < h ? (drawn[(c * h + y) * w + x] as number) : 255;
  });
  assert.deepEqual(planes, wanted);
});

function bytesOf(name: string): Buffer {
  const one = cases.get(name);
  assert.ok(one, name);
  return inflateSync(Buffer.from(one.file, 'base64'));
}

async function decoded(bytes: Buffer) {
  return decodeOne(bytes, { format: { channels: 3 } }, true);
}
