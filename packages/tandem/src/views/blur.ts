import { type Device, scope, type Tensor } from '@tandem/torch';
import { resample } from './resample.js';
import { upload } from './rows.js';

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
  return scope(() => {
    const [, , h, w] = x.shape as [number, number, number, number];
    const rows = blurMatrix(sigmas, h, radius, x.device);
    const columns = h === w ? rows : blurMatrix(sigmas, w, radius, x.device);
    // Rounding may leave an average of numbers in [0, 1] a little outside.
    return resample(x, rows, columns).clamp_({ min: 0, max: 1 });
  });
}

/**
 * The blur of a line as a matrix [n, size, size]. Pixel j counts for pixel i by its distance, and by those of its mirror
 * images beyond either end; the border pixels themselves have no mirror image at that end.
 */
function blurMatrix(sigmas: Float32Array, size: number, radius: number, device: Device): Tensor {
  const nothing = radius + 1;
  const distances = new Int32Array(3 * size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const at = i * size + j;
      distances[at] = Math.min(nothing, Math.abs(i - j));
      distances[size * size + at] = j === 0 ? nothing : Math.min(nothing, i + j);
      distances[2 * size * size + at] = j === size - 1 ? nothing : Math.min(nothing, 2 * (size - 1) - i - j);
    }
  }
  const weights = upload(kernels(sigmas, radius), [sigmas.length, radius + 2], device);
  const [own, before, after] = upload(distances, [3, size * size], device).unbind() as [Tensor, Tensor, Tensor];
  const matrix = weights.indexSelect(1, own).add_(weights.indexSelect(1, before)).add_(weights.indexSelect(1, after));
  return matrix.view([sigmas.length, size, size]);
}

/** For each sigma the weights at distance 0, 1, ... radius, and 0 for all beyond. */
function kernels(sigmas: Float32Array, radius: number): Float32Array {
  const width = radius + 2;
  const weights = new Float32Array(sigmas.length * width);
  for (const [i, sigma] of sigmas.entries()) {
    const half = Array.from({ length: radius + 1 }, (_, d) => Math.exp(-0.5 * (d / sigma) ** 2));
    const sum = 2 * half.reduce((total, weight) => total + weight, 0) - 1;
    weights.set(
      half.map((weight) => weight / sum),
      i * width,
    );
  }
  return weights;
}
