import { type Device, empty, scope, type Tensor } from '@tandem/torch';
import type { ViewParameters } from './parameters.js';
import { band, type Interpolation, matrices, resizeTaps, type Taps } from './taps.js';

/**
 * Images times a matrix on either side: out[n, c] = rows[n] x[n, c] columns[n]^T.
 *
 * @param x [n, c, h, w]; it need not be copied where it lies in lines
 * @param rows from h to s pixels @param columns from w to t pixels
 * @returns [n, c, s, t], in lines: its memory is that of a contiguous [n, s, c, t], which both products want
 */
export function resample(x: Tensor, rows: Taps, columns: Taps): Tensor {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const { size: s } = rows;
  const { size: t } = columns;
  const { device } = x;
  return scope(() => {
    // What is not needed any more is freed soon, and its memory, still in the cache, used again.
    const tall = scope(() => {
      const lines = x.permute([0, 2, 1, 3]).reshape([n, h, c * w]);
      const down = matrices(rows, device);
      return isLong(rows, device) ? byBlocks(rows, down, lines, empty([n, s, c * w], { device })) : down.bmm(lines);
    }).view([n, s * c, w]);
    const across = matrices(columns, device);
    const wide = isLong(columns, device) ? empty([n, s * c, t], { device }) : tall.bmm(across.transpose(1, 2));
    if (isLong(columns, device)) byBlocks(columns, across, tall.transpose(1, 2), wide.transpose(1, 2));
    return wide.view([n, s, c, t]).permute([0, 2, 1, 3]);
  });
}

/** Lines from this length on are worth the trouble of leaving out what is zero; not on a GPU, which likes large products. */
const LONG = 128;

function isLong({ size, length }: Taps, device: Device): boolean {
  return device === 'cpu' && Math.max(size, length) >= LONG;
}

/** Output pixels that are made together: few enough to need few input pixels, enough for a quick product. */
const BLOCK = 56;

/**
 * The matrices times x, [n, length, k], written to out, [n, size, k]: by blocks of output pixels, each without the input
 * pixels that have no part in it.
 */
function byBlocks(taps: Taps, matrix: Tensor, x: Tensor, out: Tensor): Tensor {
  for (let n = 0; n < taps.count; n++) {
    const [a, b, to] = [matrix.select(0, n), x.select(0, n), out.select(0, n)];
    for (let from = 0; from < taps.size; from += BLOCK) {
      const many = Math.min(BLOCK, taps.size - from);
      const [start, end] = band(taps, n, from, from + many);
      const part = a.narrow(0, from, many).narrow(1, start, end - start);
      to.narrow(0, from, many).addmm_(part, b.narrow(0, start, end - start), { beta: 0 });
    }
  }
  return out;
}

/**
 * Crops, resizes and flips: torchvision's `resized_crop` with antialias, to float32 in [0, 1].
 *
 * @param images uint8 [n, c, h, w]
 * @returns [n, c, size, size]; large ones in lines, see `resample`
 */
export function cropAndResize(
  images: Tensor,
  size: number,
  interpolation: Interpolation,
  parameters: ViewParameters,
): Tensor {
  const [, , h, w] = images.shape as [number, number, number, number];
  if (h === size && w === size && isWhole(parameters, size)) return images.to('float32').div_(255);
  const { top, left, height, width, flip } = parameters;
  return scope(() => {
    const rows = resizeTaps(top, height, null, h, size, interpolation);
    const columns = resizeTaps(left, width, flip, w, size, interpolation);
    // In lines, made while converting.
    const lines = images.permute([0, 2, 1, 3]).to({ dtype: 'float32', memoryFormat: 'contiguous' }).div_(255);
    const x = resample(lines.permute([0, 2, 1, 3]), rows, columns);
    // Rounding may leave an average of numbers in [0, 1] a little outside, and bicubic overshoots.
    x.clamp_({ min: 0, max: 1 });
    // The lines of small images are too short for operations on single channels.
    return size < LONG ? x.contiguous() : x;
  });
}

function isWhole({ top, left, height, width, flip }: ViewParameters, size: number): boolean {
  const all = (array: ArrayLike<number>, value: number) => Array.prototype.every.call(array, (one) => one === value);
  return all(top, 0) && all(left, 0) && all(height, size) && all(width, size) && all(flip, 0);
}
