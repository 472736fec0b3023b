import { type Device, scope, type Tensor, upload } from '@tandem/torch';
import type { ViewParameters } from './parameters.js';
import { type Interpolation, matrices, resizeTaps, type Taps } from './taps.js';

/**
 * Whether views of so many pixels are made one at a time: each then fills the cache by itself, no more of its image is read than the
 * crop, and none is copied to change some of a batch. A GPU likes large products.
 */
export function oneByOne(size: number, device: Device): boolean {
  return device === 'cpu' && size >= 128;
}

/**
 * Images times a matrix on either side: out[n, c] = rows[n] x[n, c] columns[n]^T.
 *
 * @param x [n, c, h, w], uint8 or float32 @param rows from h to s pixels @param columns from w to t pixels
 * @returns float32 [n, c, s, t]
 */
export function resample(x: Tensor, rows: Taps, columns: Taps): Tensor {
  const along = x.device === 'cpu' ? byTaps : byMatrices;
  return scope(() => along(along(x, rows), columns));
}

/** The columns of images through a map each; they come out as rows: [n, c, h, w] to [n, c, w, size]. */
function byTaps(x: Tensor, { count, size, each, first, weights }: Taps): Tensor {
  return x.resampleLines(upload(first, [count, size], 'cpu'), upload(weights, [count, size, each], 'cpu'));
}

/** The same as products of matrices, for every device. */
export function byMatrices(x: Tensor, taps: Taps): Tensor {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  return scope(() => {
    const columns = x
      .transpose(2, 3)
      .reshape([n, c * w, h])
      .to('float32');
    return columns.bmm(matrices(taps, x.device).transpose(1, 2)).view([n, c, w, taps.size]);
  });
}

/**
 * Crops, resizes and flips: torchvision's `resized_crop` with antialias, to float32 in [0, 1].
 *
 * @param images uint8 [n, c, h, w]
 * @returns contiguous [n, c, size, size]
 */
export function cropAndResize(
  images: Tensor,
  size: number,
  interpolation: Interpolation,
  parameters: ViewParameters,
): Tensor {
  const [n, , h, w] = images.shape as [number, number, number, number];
  if (h === size && w === size && isWhole(parameters, size)) {
    return images.to({ dtype: 'float32', memoryFormat: 'contiguous' }).div_(255);
  }
  return scope(() => {
    const { top, left, height, width, flip } = parameters;
    // Of a single image nothing but its crop need be looked at.
    const [x, start] = n === 1 ? [cutOut(images, parameters), Int32Array.of(0)] : [images, null];
    // As part of the weights the division costs a large image nothing, but by itself it is exact where nothing is resized.
    const unit = oneByOne(size, images.device) ? 1 / 255 : 1;
    const rows = resizeTaps(start ?? top, height, null, x.shape[2] as number, size, interpolation, unit);
    const columns = resizeTaps(start ?? left, width, flip, x.shape[3] as number, size, interpolation);
    const out = resample(x, rows, columns);
    if (unit === 1) out.div_(255);
    // Rounding may leave an average of numbers in [0, 1] a little outside, and bicubic overshoots.
    return out.clamp_({ min: 0, max: 1 });
  });
}

function cutOut(image: Tensor, { top, left, height, width }: ViewParameters): Tensor {
  return image.narrow(2, top[0] as number, height[0] as number).narrow(3, left[0] as number, width[0] as number);
}

function isWhole({ top, left, height, width, flip }: ViewParameters, size: number): boolean {
  const all = (array: ArrayLike<number>, value: number) => Array.prototype.every.call(array, (one) => one === value);
  return all(top, 0) && all(left, 0) && all(height, size) && all(width, size) && all(flip, 0);
}
