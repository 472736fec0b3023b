import { arange, scope, type Tensor } from '@tandem/torch';
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
  const [n, , h, w] = images.shape as [number, number, number, number];
  if (h === size && w === size && isWhole(parameters, size)) return images.to('float32').div_(255);
  return scope(() => {
    const { device } = images;
    const { top, left, height, width, flip } = parameters;
    const spans = upload(Float32Array.of(...top, ...left, ...height, ...width, ...flip), [5, n, 1, 1], device);
    const [tops, lefts, heights, widths, flips] = spans.unbind() as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const centres = arange(size, { dtype: 'float32', device }).add_(0.5).view([1, size, 1]);
    // Mirrored before it is scaled, so that a flipped view is the exact mirror image.
    const mirrored = centres.add(flips.mul(centres.mul(-2).add_(size)));
    const rows = triangles(centres, tops, heights, h, size);
    const columns = triangles(mirrored, lefts, widths, w, size);
    // The layout that the first product wants, made while converting.
    const lines = images.permute([0, 2, 1, 3]).to({ dtype: 'float32', memoryFormat: 'contiguous' }).div_(255);
    // Rounding may leave an average of numbers in [0, 1] a little outside.
    return resample(lines.permute([0, 2, 1, 3]), rows, columns).clamp_({ min: 0, max: 1 });
  });
}

function isWhole({ top, left, height, width, flip }: ViewParameters, size: number): boolean {
  const all = (array: ArrayLike<number>, value: number) => Array.prototype.every.call(array, (one) => one === value);
  return all(top, 0) && all(left, 0) && all(height, size) && all(width, size) && all(flip, 0);
}

/**
 * The weights that make pixel i of the output from the pixels j of a line: a triangle around the place of i, one pixel wide
 * to either side, or one output pixel where that is wider; cut off at the crop's ends, then normalised.
 *
 * @param at [1 or n, size, 1] places in pixels of the output @param start [n, 1, 1] @param extent [n, 1, 1] of the crop
 * @returns [n, size, length]
 */
function triangles(at: Tensor, start: Tensor, extent: Tensor, length: number, size: number): Tensor {
  return scope(() => {
    const scale = extent.div(size);
    const place = arange(length, { dtype: 'float32', device: at.device }).add_(0.5).view([1, 1, length]).sub(start);
    const inside = place.gt(0).logicalAnd(place.lt(extent)).to('float32');
    const distance = place.sub(at.mul(scale)).abs();
    const weights = distance.div_(scale.clampMin(1)).neg_().add_(1).clamp_({ min: 0 }).mul_(inside);
    return weights.div_(weights.sum(2, { keepdim: true }));
  });
}
