import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cat, scope, type Tensor } from 'tandem-torch';
import { bytesOf, type ImageSet } from '../../src/images/index.js';
import { checkView, evaluationView, makeView, type View, viewsPreset } from '../../src/views/index.js';
import { assertClose, noise } from '../support.js';

const indices = Uint32Array.of(0, 1, 2, 3);
const key = { seed: 3, draw: 1, view: 0 };

function viewOf(set: ImageSet, view: View, random = true): Tensor {
  return makeView({ indices, bytes: bytesOf(set) }, set, view, random ? key : null);
}

/** The same images in 16 bits, each sample 257 times itself, so that both are the same share. */
function widened(set: ImageSet): ImageSet {
  const samples = Uint16Array.from(bytesOf(set), (x) => 257 * x);
  return { ...set, depth: 16, pixels: new Uint8Array(samples.buffer) };
}

/** One channel of a set. */
function channelOf(set: ImageSet, channel: number): ImageSet {
  const area = set.height * set.width;
  const planes = Array.from({ length: set.count }, (_, i) => {
    const from = (i * set.channels + channel) * area;
    return bytesOf(set).subarray(from, from + area);
  });
  return { ...set, channels: 1, pixels: Uint8Array.from(Buffer.concat(planes)) };
}

describe('views of images of other channels and depths', () => {
  for (const side of [16, 140]) {
    test(`16 bits are the same views as 8 bits of the same shares, from ${side} pixels`, () => {
      scope(() => {
        const set = noise(4, { channels: 3, side });
        for (const size of [12, side]) {
          for (const view of [...viewsPreset('large', { size }), evaluationView({ size })]) {
            assertClose(viewOf(widened(set), view), viewOf(set, view), { atol: 2e-5 });
          }
        }
      });
    });
  }

  test('16 bits are not cut to 8: neighbouring samples stay apart', () => {
    scope(() => {
      const pixels = Uint16Array.from({ length: 4 * 16 }, (_, i) => 30_000 + i);
      const set: ImageSet = {
        name: 'ramp',
        count: 4,
        channels: 1,
        depth: 16,
        height: 4,
        width: 4,
        pixels: new Uint8Array(pixels.buffer),
      };
      const view = evaluationView({ size: 4, channels: 1, mean: [0], std: [1] });
      const values = Array.from(viewOf(set, view, false).data(), Number);
      values.forEach((value, i) => void assert.ok(Math.abs(value * 65535 - (30_000 + i)) < 0.01));
    });
  });

  test('each of five channels is what it would be alone, without colours', () => {
    scope(() => {
      const set: ImageSet = { ...noise(4 * 5, { channels: 1, side: 16 }), count: 4, channels: 5 };
      const [view] = viewsPreset('gray', { size: 12, channels: 5 }) as [View];
      const alone = viewsPreset('gray', { size: 12, channels: 1 })[0] as View;
      const still = { jitter: null };
      const parts = Array.from({ length: 5 }, (_, c) => viewOf(channelOf(set, c), { ...alone, ...still }));
      assertClose(viewOf(set, { ...view, ...still }), cat(parts, { dim: 1 }), { atol: 1e-6 });
      // Contrast is about the mean of all channels, so with it only the shape is the same.
      assert.deepEqual(viewOf(set, view).shape, [4, 5, 12, 12]);
    });
  });

  test('a view with colours is refused for them', () => {
    const view = { ...(viewsPreset('small', { size: 8 })[0] as View), mean: [0, 0, 0, 0], std: [1, 1, 1, 1] };
    assert.throws(() => checkView(view, 4), /images of 4 channels have no colours/);
  });
});
