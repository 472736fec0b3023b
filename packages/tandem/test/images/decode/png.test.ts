import assert from 'node:assert/strict';
import test from 'node:test';
import sharp from 'sharp';
import { bytesOf, type ImageSet, pngOf } from '../../../src/images/index.js';

/** Two images whose every pixel differs: planar, as sets are. */
function images(channels: 1 | 3, side: number): ImageSet {
  const pixels = Uint8Array.from({ length: 2 * channels * side * side }, (_, i) => (i * 7) % 256);
  return { name: 'some', count: 2, channels, height: side, width: side, pixels };
}

for (const channels of [1, 3] as const) {
  test(`a picture of ${channels} channels has the image's pixels`, async () => {
    const set = images(channels, 6);
    const { data, info } = await sharp(await pngOf(set, 1, 6))
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    assert.deepEqual([info.width, info.height, info.channels], [6, 6, channels]);
    const planes = Array.from({ length: channels * 36 }, (_, i) => data[(i % 36) * channels + Math.floor(i / 36)]);
    assert.deepEqual(planes, Array.from(bytesOf(set, 1)));
  });
}

test('a larger image is made smaller', async () => {
  const { width, height, format } = await sharp(await pngOf(images(3, 40), 0, 16)).metadata();
  assert.deepEqual([width, height, format], [16, 16, 'png']);
});
