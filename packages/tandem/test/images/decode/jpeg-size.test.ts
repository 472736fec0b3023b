import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { jpegSize } from '../../../src/images/decode/jpeg-size.js';

const noise = (width: number, height: number) =>
  sharp(
    Uint8Array.from({ length: width * height * 3 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 13) & 255),
    { raw: { width, height, channels: 3 } },
  );

async function theirs(bytes: Uint8Array): Promise<unknown> {
  const { width, height } = await sharp(bytes, { failOn: 'error' }).metadata();
  return { height, width };
}

test("a JPEG's size is what its decoder says, of every kind; of a header that is cut off there is none", async () => {
  const kinds = [
    await noise(37, 20).jpeg().toBuffer(),
    await noise(300, 17).jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer(),
    await noise(20, 37).withMetadata({ orientation: 6 }).jpeg({ quality: 30 }).toBuffer(),
    await noise(64, 64).grayscale().jpeg().toBuffer(),
    await noise(33, 44).toColourspace('cmyk').jpeg().toBuffer(),
  ];
  for (const bytes of kinds) {
    assert.deepEqual(jpegSize(bytes), await theirs(bytes));
    const body = bytes.indexOf(Buffer.of(0xff, 0xda));
    for (let end = 0; end < body + 8; end++) {
      assert.equal(jpegSize(bytes.subarray(0, end)), undefined, `${end} bytes`);
    }
  }
});

test('what is in no order, or leaves the height open, is left to the decoder', async () => {
  const bytes = await noise(37, 20).jpeg().toBuffer();
  const frame = bytes.indexOf(Buffer.of(0xff, 0xc0));
  const open = Buffer.from(bytes);
  open.writeUInt16BE(0, frame + 5);
  const twice = Buffer.concat([bytes.subarray(0, frame), bytes.subarray(frame, frame + 19), bytes.subarray(frame)]);
  const stray = Buffer.from(bytes);
  stray[frame] = 0x12;
  for (const one of [open, twice, stray, Buffer.of(0xff, 0xd8, 0xff)]) assert.equal(jpegSize(one), undefined);
});
