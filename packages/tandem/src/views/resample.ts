import { arange, type Device, scope, type Tensor } from '@tandem/torch';
import type { ViewParameters } from './parameters.js';
import { upload } from './rows.js';

/**
 * Images times a matrix on either side: out[n, c] = rows[n] x[n, c] columns[n]^T.
 *
 * @param x [n, c, h, w]; it need not be copied where its memory lies as [n, h, c, w]
 * @param rows [n, s, h] @param columns [n, t, w]
 * @returns [n, c, s, t]
 */
export function resample(x: Tensor, rows: Tensor, columns: Tensor): Tensor {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const s = rows.shape[1] as number;
  return scope(() => {
    const tall = rows.bmm(x.permute([0, 2, 1, 3]).reshape([n, h, c * w]));
    const planes = tall
      .view([n, s, c, w])
      .permute([0, 2, 1, 3])
      .reshape([n, c * s, w]);
    return planes.bmm(columns.transpose(1, 2)).view([n, c, s, columns.shape[1] as number]);
  });
}

/**
 * Crops, resizes and flips: torchvision's `resized_crop` with bilinear interpolation and antialias, to float32 in [0, 1].
 *
 * @param images uint8 [n, c, h, w]
 * @returns [n, c, size, size]
 */
export function cropAndResize(images: Tensor, size: number, parameters: ViewParameters): Tensor {
  const [, , h, w] = images.shape as [number, number, number, number];
  if (h === size && w === size && isWhole(parameters, size)) return images.to('float32').div_(255);
  return scope(() => {
    const [rows, columns] = cropMatrices(parameters, [h, w], [size, size], images.device);
    // The layout that the first product wants, made while converting.
    const lines = images.permute([0, 2, 1, 3]).to({ dtype: 'float32', memoryFormat: 'contiguous' }).div_(255);
    // Rounding may leave an average of numbers in [0, 1] a little outside.
    return resample(lines.permute([0, 2, 1, 3]), rows, columns).clamp_({ min: 0, max: 1 });
  });
}

/**
 * The matrices that crop, resize and flip each image; see `resample`.
 *
 * @param from height and width of the images @param to of the result
 */
export function cropMatrices(
  { count, top, left, height, width, flip }: ViewParameters,
  from: readonly [number, number],
  to: readonly [number, number],
  device: Device,
): [rows: Tensor, columns: Tensor] {
  return scope(() => {
    const spans = upload(Float32Array.of(...top, ...left, ...height, ...width, ...flip), [5, count, 1, 1], device);
    const [tops, lefts, heights, widths, flips] = spans.unbind() as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const across = middles(to[1], device);
    // Mirrored before it is scaled, so that a flipped view is the exact mirror image.
    const mirrored = across.add(flips.mul(across.mul(-2).add_(to[1])));
    return [
      triangles(middles(to[0], device).transpose(1, 2), tops, heights, from[0]),
      triangles(mirrored.transpose(1, 2), lefts, widths, from[1]),
    ];
  });
}

/** The middles of pixels along a line: [1, 1, length]. */
function middles(length: number, device: Device): Tensor {
  return arange(length, { dtype: 'float32', device }).add_(0.5).view([1, 1, length]);
}

function isWhole({ top, left, height, width, flip }: ViewParameters, size: number): boolean {
  const all = (array: ArrayLike<number>, value: number) => Array.prototype.every.call(array, (one) => one === value);
  return all(top, 0) && all(left, 0) && all(height, size) && all(width, size) && all(flip, 0);
}

/**
 * The weights that make pixel i of the output from the pixels j of a line: a triangle around the place of i, one pixel wide
 * to either side, or one output pixel where that is wider; cut off at the crop's ends, then normalised.
 *
 * @param at [1 or n, size, 1] middles in pixels of the output @param start [n, 1, 1] @param extent [n, 1, 1] of the crop
 * @returns [n, size, length]
 */
function triangles(at: Tensor, start: Tensor, extent: Tensor, length: number): Tensor {
  return scope(() => {
    const scale = extent.div(at.shape[1] as number);
    const place = middles(length, at.device).sub(start);
    const inside = place.gt(0).logicalAnd(place.lt(extent)).to('float32');
    const distance = place.sub(at.mul(scale)).abs();
    const weights = distance.div_(scale.clampMin(1)).neg_().add_(1).clamp_({ min: 0 }).mul_(inside);
    return weights.div_(weights.sum(2, { keepdim: true }));
  });
}
