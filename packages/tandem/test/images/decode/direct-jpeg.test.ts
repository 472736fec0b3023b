import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sharp } from 'sharp';
import { type DecodeJpeg, jpegDecoder } from 'tandem-torch/jpeg';
import { loadSharp } from '../../../src/images/decode/sharp.js';
import { stream } from '../../../src/random.js';

const direct = jpegDecoder();
const options = { skip: direct === null && 'SKIPPED: set-up found no libjpeg-turbo (apt-get install libjpeg-dev)' };
const decode = direct as DecodeJpeg;
const sharp = await loadSharp();

/** A picture of smooth colours with noise. */
async function noise(width: number, height: number, seed: number): Promise<Sharp> {
  const random = stream(seed, 1, 2, 3);
  const coarse = Uint8Array.from({ length: 3 * 5 * 4 }, () => random.below(256));
  const smooth = await sharp(coarse, { raw: { width: 5, height: 4, channels: 3 } })
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer();
  const pixels = smooth.map((byte) => Math.min(255, Math.max(0, byte + random.below(61) - 30)));
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** Planes by way of libvips, as they always came. */
async function byLibvips(
  bytes: Uint8Array,
  side: number,
): Promise<{ width: number; height: number; planes: Uint8Array }> {
  const picture = sharp(bytes, { failOn: 'warning' }).autoOrient().flatten({ background: '#ffffff' });
  const sized = side === 0 ? picture : picture.resize(side, side, { fit: 'cover', position: 'centre' });
  const { data, info } = await sized.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const area = width * height;
  return {
    width,
    height,
    planes: Uint8Array.from(data, (_, i) => data[3 * (i % area) + Math.floor(i / area)] as number),
  };
}

async function isSame(bytes: Uint8Array, side: number, what: string): Promise<void> {
  const own = await decode(bytes, side);
  assert.ok(own, `${what}: not taken`);
  const wanted = await byLibvips(bytes, side);
  assert.deepEqual([own.width, own.height], [wanted.width, wanted.height], what);
  assert.ok(Buffer.from(own.planes).equals(wanted.planes), `${what}: other pixels`);
}

const kinds = [
  { chromaSubsampling: '4:2:0' },
  { chromaSubsampling: '4:4:4' },
  { progressive: true },
  { optimiseCoding: false, quality: 35 },
  { mozjpeg: true },
] as const;

test('pixels are those of libvips at any size and side, to the bit', options, async () => {
  const random = stream(7, 1, 2, 3);
  for (let i = 0; i < 150; i++) {
    const side = 1 + random.below(90);
    const shorter = Math.ceil(side * (1 + 1.99 * random.next()));
    const longer = Math.ceil(shorter * (1 + random.next() * (i % 3)));
    const [width, height] = i % 2 ? [shorter, longer] : [longer, shorter];
    const kind = kinds[i % kinds.length];
    const bytes = await (await noise(width, height, i)).jpeg({ quality: 85, ...kind }).toBuffer();
    const what = `${width} x ${height} to ${side}, ${JSON.stringify(kind)}`;
    await isSame(bytes, 0, what);
    if (shorter / side < 3) await isSame(bytes, side, what);
  }
});

test('at sizes of photographs', options, async () => {
  const sizes = [
    [500, 375],
    [375, 500],
    [640, 480],
    [333, 500],
    [256, 256],
    [767, 768],
  ] as const;
  for (const [i, [width, height]] of sizes.entries()) {
    const bytes = await (await noise(width, height, i)).jpeg({ quality: 88 }).toBuffer();
    await isSame(bytes, 256, `${width} x ${height}`);
  }
});

test('what libvips does more to is left to it', options, async () => {
  const picture = await noise(120, 90, 1);
  const plain = await picture.clone().jpeg().toBuffer();
  const damaged = Buffer.from(plain);
  damaged.set([0xff, 0xd5], plain.length >> 1); // a restart where there is none
  const left: Record<string, [Uint8Array, number]> = {
    'would be enlarged': [plain, 91],
    'would be enlarged by far': [plain, 5000],
    'becomes less than a third': [plain, 30],
    'is turned by EXIF': [await picture.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer(), 60],
    'has a profile': [await picture.clone().withIccProfile('p3').jpeg().toBuffer(), 60],
    'is gray': [await picture.clone().toColourspace('b-w').jpeg().toBuffer(), 60],
    'has four colours': [await picture.clone().toColourspace('cmyk').jpeg().toBuffer(), 60],
    'is cut': [plain.subarray(0, plain.length - 200), 60],
    'is damaged': [damaged, 60],
    'is no JPEG': [Buffer.from('no picture at all'), 60],
    'is empty': [new Uint8Array(0), 60],
  };
  for (const [what, [bytes, side]] of Object.entries(left)) assert.equal(await decode(bytes, side), undefined, what);
  assert.equal((await decode(plain, 60))?.width, 60);
});

test('what it is called with is checked', options, () => {
  for (const wrong of [['text', 3], [new Uint8Array(4)], [new Uint16Array(4), 3], [new Uint8Array(4), -1]]) {
    assert.throws(() => Reflect.apply(decode, undefined, wrong), /takes a Uint8Array and a side from 0 on/);
  }
});
