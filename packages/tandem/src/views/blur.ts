import { scope, type Tensor } from '@tandem/torch';
import { resample } from './resample.js';
import { blurTaps } from './taps.js';

/** Pixels to either side of the middle of the kernel, which is the odd number nearest to a tenth of the side, from 3 on. */
export function blurRadius(size: number): number {
  return Math.max(1, Math.floor(size / 20));
}

/**
 * Gaussian blur with reflected borders, as torchvision's `gaussian_blur`.
 *
 * @param x [n, c, h, w] @param sigmas one number above 0 an image, in pixels
 * @param radius less than h and w; the kernel is 2 radius + 1 wide
 * @returns a new tensor of x's shape
 */
export function gaussianBlur(x: Tensor, sigmas: Float32Array, radius: number): Tensor {
  const [h, w] = x.shape.slice(2) as [number, number];
  return scope(() => {
    const rows = blurTaps(sigmas, radius, h);
    const out = resample(x, rows, h === w ? rows : blurTaps(sigmas, radius, w));
    // Rounding may leave an average of numbers in [0, 1] a little outside.
    return out.clamp_({ min: 0, max: 1 });
  });
}
