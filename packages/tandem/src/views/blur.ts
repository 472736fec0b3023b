import { scope, type Tensor } from 'tandem-torch';
import { blurMatrices } from './matrices.js';
import { resample } from './resample.js';
import type { StagingBuffer } from './staging-buffer.js';
import { blurReach, blurTaps, type Taps } from './taps.js';

/**
 * Pixels to either side of the middle of the kernel, which is the odd number nearest to a tenth of
 * the side, from 3 on.
 */
export function blurRadius(size: number): number {
  return Math.max(1, Math.floor(size / 20));
}

/**
 * Gaussian blur with reflected borders, as torchvision's `gaussian_blur`.
 *
 * @param sigmas one number above 0 an image, in pixels
 * @param radius less than h and w; the kernel is 2 radius + 1 wide
 * @param staging brings what is needed
 * @returns what blurs [n, c, h, w], once the buffer was sent: a new tensor
 */
export function gaussianBlur(sigmas: Float32Array, radius: number, staging: StagingBuffer): (x: Tensor) => Tensor {
  const maps = staging.device === 'cpu' ? tapsOf(sigmas, radius) : matricesOf(sigmas, radius, staging);
  return (x) =>
    scope(() => {
      const [h, w] = x.shape.slice(2) as [number, number];
      const rows = maps(h);
      // Rounding may leave an average of numbers in [0, 1] a little outside.
      return resample(x, rows, h === w ? rows : maps(w)).clamp_({ min: 0, max: 1 });
    });
}

function tapsOf(sigmas: Float32Array, radius: number): (length: number) => Taps {
  return (length) => blurTaps(sigmas, radius, length);
}

function matricesOf(sigmas: Float32Array, radius: number, staging: StagingBuffer): (length: number) => Tensor {
  const put = staging.put(sigmas, [sigmas.length], 'float64');
  return (length) => blurMatrices(put(), blurReach(sigmas, radius), length);
}
