import { type Device, scope, type Tensor, upload } from '@tandem/torch';
import { plainParameters, type ViewParameters } from './parameters.js';
import { type Interpolation, matrices, resizeTaps, type Taps, windows } from './taps.js';

/**
 * Whether views of so many pixels are made one at a time: each then fills the cache by itself, and products that leave out
 * what is zero are worth their trouble. A GPU likes large products.
 */
export function oneByOne(size: number, device: Device): boolean {
  return device === 'cpu' && size >= 128;
}

/**
 * Images times a matrix on either side: out[n, c] = rows[n] x[n, c] columns[n]^T.
 *
 * @param x [n, c, h, w]; it need not be copied where its memory is that of a contiguous [n, h, c, w]
 * @param rows from h to s pixels @param columns from w to t pixels; of a large image by itself, see `oneByOne`, not flipped
 * @returns [n, c, s, t]
 */
export function resample(x: Tensor, rows: Taps, columns: Taps): Tensor {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const [s, t] = [rows.size, columns.size];
  return scope(() => {
    const lines = x.permute([0, 2, 1, 3]).reshape([n, h, c * w]);
    if (n === 1 && oneByOne(Math.max(s, t), x.device)) {
      const tall = scope(() => down(rows, lines.select(0, 0)));
      return across(columns, tall.view([s * c, w]), c);
    }
    // What is not needed any more is freed soon, and its memory, still in the cache, used again.
    const tall = scope(() => matrices(rows, x.device).bmm(lines)).view([n, s * c, w]);
    const wide = tall.bmm(matrices(columns, x.device).transpose(1, 2));
    return wide.view([n, s, c, t]).permute([0, 2, 1, 3]).contiguous();
  });
}

/** matrix x: [length, k] to [size, k]. */
function down(taps: Taps, x: Tensor): Tensor {
  const { count, many, step, length, weights } = windows(taps, false);
  const blocks = upload(weights, [count, many, length], 'cpu').bmm(x.unfold(0, length, step).transpose(1, 2));
  return blocks.view([count * many, x.shape[1] as number]).narrow(0, 0, taps.size);
}

/** x matrix^T: [s c, length] to [1, c, s, size]. */
function across(taps: Taps, x: Tensor, c: number): Tensor {
  const { count, many, step, length, weights } = windows(taps, true);
  const blocks = x
    .unfold(1, length, step)
    .transpose(0, 1)
    .bmm(upload(weights, [count, length, many], 'cpu'));
  const s = (x.shape[0] as number) / c;
  const planes = blocks
    .view([count, s, c, many])
    .permute([2, 1, 0, 3])
    .reshape([1, c, s, count * many]);
  return planes.narrow(3, 0, taps.size).contiguous();
}

/**
 * Crops, resizes and flips: torchvision's `resized_crop` with antialias, to float32 in [0, 1].
 *
 * @param images uint8 [n, c, h, w]
 * @returns [n, c, size, size]
 */
export function cropAndResize(
  images: Tensor,
  size: number,
  interpolation: Interpolation,
  parameters: ViewParameters,
): Tensor {
  const [n, c, h, w] = images.shape as [number, number, number, number];
  if (h === size && w === size && isWhole(parameters, size)) return images.to('float32').div_(255);
  return scope(() => {
    const single = n === 1 && oneByOne(size, images.device);
    const x = single ? cutOut(images, parameters) : images;
    const { top, left, height, width, flip } = single
      ? plainParameters({ channels: c as 1 | 3, height: x.shape[2] as number, width: x.shape[3] as number }, 1)
      : parameters;
    // To divide a large image takes longer than to make it floating.
    const rows = resizeTaps(top, height, null, x.shape[2] as number, size, interpolation, single ? 1 / 255 : 1);
    const columns = resizeTaps(left, width, flip, x.shape[3] as number, size, interpolation);
    // As `resample` wants it, made while converting.
    const lines = x.permute([0, 2, 1, 3]).to({ dtype: 'float32', memoryFormat: 'contiguous' });
    if (!single) lines.div_(255);
    // Rounding may leave an average of numbers in [0, 1] a little outside, and bicubic overshoots.
    return resample(lines.permute([0, 2, 1, 3]), rows, columns).clamp_({ min: 0, max: 1 });
  });
}

/** The crop of a single image, flipped: less to convert and to multiply. */
function cutOut(image: Tensor, { top, left, height, width, flip }: ViewParameters): Tensor {
  const box = image.narrow(2, top[0] as number, height[0] as number).narrow(3, left[0] as number, width[0] as number);
  return flip[0] ? box.flip([3]) : box;
}

function isWhole({ top, left, height, width, flip }: ViewParameters, size: number): boolean {
  const all = (array: ArrayLike<number>, value: number) => Array.prototype.every.call(array, (one) => one === value);
  return all(top, 0) && all(left, 0) && all(height, size) && all(width, size) && all(flip, 0);
}
