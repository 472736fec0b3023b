import { type Device, scope, Tensor, upload } from 'tandem-torch';
import { resizeMatrices } from './matrices.js';
import type { ViewParameters } from './parameters.js';
import type { StagingBuffer } from './staging-buffer.js';
import { type Interpolation, resizeTaps, type Taps } from './taps.js';

/**
 * Whether views of so many pixels are made one at a time: each then fills the cache by itself, no
 * more of its image is read than the crop, and none is copied to change some of a batch. A GPU
 * likes large products.
 */
export function oneByOne(size: number, device: Device): boolean {
  return device === 'cpu' && size >= 128;
}

/**
 * Images times a matrix on either side: out[n, c] = rows[n] x[n, c] columns[n]^T. A CPU takes the
 * taps, other devices the matrices [n, to, from].
 *
 * @param x [n, c, h, w], uint8 or float32
 * @param rows from h to s pixels
 * @param columns from w to t pixels
 * @returns float32 [n, c, s, t]
 */
export function resample(x: Tensor, rows: Taps | Tensor, columns: Taps | Tensor): Tensor {
  return scope(() => along(along(x, rows), columns));
}

/**
 * The columns of images through a map each; they come out as rows: [n, c, h, w] to [n, c, w, size].
 */
function along(x: Tensor, map: Taps | Tensor): Tensor {
  return map instanceof Tensor ? byMatrices(x, map) : byTaps(x, map);
}

function byTaps(x: Tensor, { count, size, each, first, weights }: Taps): Tensor {
  return x.resampleLines(upload(first, [count, size], 'cpu'), upload(weights, [count, size, each], 'cpu'));
}

function byMatrices(x: Tensor, matrices: Tensor): Tensor {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  return scope(() => {
    const columns = x
      .transpose(2, 3)
      .reshape([n, c * w, h])
      .to('float32');
    return columns.bmm(matrices.transpose(1, 2)).view([n, c, w, matrices.shape[1] as number]);
  });
}

/**
 * Crops, resizes and flips: torchvision's `resized_crop` with antialias, to float32 in [0, 1].
 *
 * @param images uint8 [n, c, h, w], or float32 from 0 to 65535
 * @param staging brings what is needed; what is returned does the work, once it was sent
 * @returns contiguous [n, c, size, size]
 */
export function cropAndResize(
  images: Tensor,
  size: number,
  interpolation: Interpolation,
  parameters: ViewParameters,
  staging: StagingBuffer,
): () => Tensor {
  const [n, , h, w] = images.shape as [number, number, number, number];
  const most = images.dtype === 'uint8' ? 255 : 65535;
  if (h === size && w === size && wholeOf(parameters, size) === n) {
    const isShared = images.dtype === 'float32';
    return () => {
      const x = images.to({ dtype: 'float32', memoryFormat: 'contiguous' });
      return isShared ? x.div(most) : x.div_(most);
    };
  }
  // Of a single image nothing but its crop need be looked at.
  const isCut = n === 1;
  const boxes = isCut ? { ...parameters, top: Int32Array.of(0), left: Int32Array.of(0) } : parameters;
  const unit = unitOf(size, images.device, most);
  const maps: Maps<Taps | Tensor> =
    staging.device === 'cpu'
      ? tapsOf(boxes, size, interpolation, unit)
      : matricesOf(boxes, size, interpolation, staging);
  return () =>
    scope(() => {
      const x = isCut ? cutOut(images, parameters) : images;
      const out = resample(x, ...maps(x.shape[2] as number, x.shape[3] as number));
      if (unit === 1) out.div_(most);
      // Rounding may leave an average of numbers in [0, 1] a little outside, and bicubic
      // overshoots.
      return out.clamp_({ min: 0, max: 1 });
    });
}

/**
 * What the weights of a pixel add up to: as part of them the division by the largest number costs a
 * large image nothing, but by itself it is exact where nothing is resized.
 */
export function unitOf(size: number, device: Device, most: number): number {
  return oneByOne(size, device) ? 1 / most : 1;
}

/** How rows and columns of h x w pixels are mapped. */
type Maps<Map> = (h: number, w: number) => [rows: Map, columns: Map];

/** @param unit what the weights of a pixel add up to */
export function tapsOf(boxes: ViewParameters, size: number, interpolation: Interpolation, unit: number): Maps<Taps> {
  const { top, left, height, width, flip } = boxes;
  return (h, w) => [
    resizeTaps(top, height, null, h, size, interpolation, unit),
    resizeTaps(left, width, flip, w, size, interpolation),
  ];
}

function matricesOf(
  boxes: ViewParameters,
  size: number,
  interpolation: Interpolation,
  staging: StagingBuffer,
): Maps<Tensor> {
  const { count, top, left, height, width, flip } = boxes;
  const lines = [...top, ...left, ...height, ...width, ...new Uint8Array(count), ...flip];
  const put = staging.put(lines, [3, 2 * count], 'float64');
  return (h, w) => {
    // Of both at once, as long as the longer.
    const [rows, columns] = resizeMatrices(put(), Math.max(h, w), size, interpolation).split(count) as [Tensor, Tensor];
    return [rows.narrow(2, 0, h), columns.narrow(2, 0, w)];
  };
}

function cutOut(image: Tensor, { top, left, height, width }: ViewParameters): Tensor {
  return image.narrow(2, top[0] as number, height[0] as number).narrow(3, left[0] as number, width[0] as number);
}

/** How many of the images, of as many pixels as the views, are taken as they are. */
export function wholeOf({ count, top, left, height, width, flip }: ViewParameters, size: number): number {
  let whole = 0;
  for (let i = 0; i < count; i++) {
    const isAtCorner = top[i] === 0 && left[i] === 0 && flip[i] === 0;
    whole += Number(isAtCorner && height[i] === size && width[i] === size);
  }
  return whole;
}
