import { type Device, scope, type Tensor, upload } from '@tandem/torch';
import { oneByOne, resample } from './resample.js';
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
  const [n, c, h, w] = x.shape as [number, number, number, number];
  return scope(() => {
    // What lies farther away than 5.5 sigma counts less than a millionth.
    const single = n === 1 && oneByOne(Math.max(h, w), x.device);
    const reach = single ? Math.min(radius, Math.ceil(5.5 * (sigmas[0] as number))) : radius;
    const high = x.permute([0, 2, 1, 3]).indexSelect(1, reflected(h, reach, x.device));
    // Quickest along the last of two dimensions.
    const wide = high.flatten({ endDim: 2 }).indexSelect(1, reflected(w, reach, x.device));
    const padded = wide.view([n, h + 2 * reach, c, w + 2 * reach]);
    const rows = blurTaps(sigmas, reach, h);
    const out = resample(padded.permute([0, 2, 1, 3]), rows, h === w ? rows : blurTaps(sigmas, reach, w));
    // Rounding may leave an average of numbers in [0, 1] a little outside.
    return out.clamp_({ min: 0, max: 1 });
  });
}

/** The pixels of a line with `radius` more at either end, which mirror it. */
function reflected(length: number, radius: number, device: Device): Tensor {
  const places = BigInt64Array.from({ length: length + 2 * radius }, (_, i) => {
    const j = Math.abs(i - radius);
    return BigInt(j < length ? j : 2 * (length - 1) - j);
  });
  return upload(places, [places.length], device);
}
