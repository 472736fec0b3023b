import { arange, type Device, type Tensor, zeros } from '@tandem/torch';
import { upload } from './rows.js';

/**
 * Linear maps of a line of pixels, one for each image: every output pixel is a weighted sum of a few neighbouring pixels.
 * Output pixel i of image n takes `each` pixels from `first[n * size + i]` on; their weights follow each other.
 */
export interface Taps {
  readonly count: number;
  /** Pixels of the line that goes in, and of the one that comes out. */
  readonly length: number;
  readonly size: number;
  readonly each: number;
  readonly first: Int32Array;
  readonly weights: Float32Array;
}

/** What an output pixel takes of the input pixel at a distance, in the larger of the two pixels' widths. */
interface Filter {
  readonly reach: number;
  weight(distance: number): number;
}

/** The filters of torchvision's antialiased resizing, which are Pillow's: a triangle, and Keys' cubic with a = -0.5. */
const filters = {
  bilinear: { reach: 1, weight: (d: number) => Math.max(0, 1 - d) },
  bicubic: {
    reach: 2,
    weight: (d: number) => {
      if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
      return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
    },
  },
} satisfies Record<string, Filter>;

/** How pixels between pixels are made. */
export type Interpolation = keyof typeof filters;

export const interpolations = Object.keys(filters) as readonly Interpolation[];

/**
 * Cuts a part out of each line and resizes it to `size` pixels; where it shrinks, the filter widens with it (antialiasing).
 *
 * @param start of the part @param extent its pixels, at least 1 @param flip 1 where the result is mirrored
 */
export function resizeTaps(
  start: Int32Array,
  extent: Int32Array,
  flip: Uint8Array | null,
  length: number,
  size: number,
  interpolation: Interpolation,
): Taps {
  const { reach, weight } = filters[interpolation];
  // As many as the whole line would need: a product of another shape may round otherwise, and an image must come out the
  // same whatever is in its batch.
  const each = Math.min(length, Math.ceil(2 * reach * Math.max(length / size, 1)) + 1);
  const taps = newTaps(start.length, length, size, each);
  for (let n = 0; n < start.length; n++) {
    const pixels = extent[n] as number;
    const scale = pixels / size;
    const width = Math.max(scale, 1);
    for (let i = 0; i < size; i++) {
      const centre = (i + 0.5) * scale;
      const from = Math.max(0, Math.floor(centre - reach * width + 0.5));
      const to = Math.min(pixels, Math.floor(centre + reach * width + 0.5));
      const row = n * size + (flip?.[n] ? size - 1 - i : i);
      const first = Math.min((start[n] as number) + from, length - each);
      taps.first[row] = first;
      const at = row * each + (start[n] as number) + from - first;
      let sum = 0;
      for (let j = from; j < to; j++) sum += weight(Math.abs(j + 0.5 - centre) / width);
      for (let j = from; j < to; j++) {
        taps.weights[at + j - from] = weight(Math.abs(j + 0.5 - centre) / width) / sum;
      }
    }
  }
  return taps;
}

/** Far below what float32 can tell; but numbers below 1e-38, which narrow kernels have, are slow to multiply with. */
const NOTHING = 1e-12;

/**
 * Gaussian blur of a line with reflected ends.
 *
 * @param sigmas one number above 0 for each image @param radius the kernel is 2 radius + 1 wide; less than `length`
 */
export function blurTaps(sigmas: Float32Array, radius: number, length: number): Taps {
  const taps = newTaps(sigmas.length, length, length, Math.min(length, 2 * radius + 1));
  const { each, first, weights } = taps;
  for (const [n, sigma] of sigmas.entries()) {
    const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, t) => {
      const weight = Math.exp(-0.5 * ((t - radius) / sigma) ** 2);
      return weight < NOTHING ? 0 : weight;
    });
    const sum = kernel.reduce((total, weight) => total + weight, 0);
    for (let i = 0; i < length; i++) {
      const row = n * length + i;
      const from = Math.max(0, Math.min(i - radius, length - each));
      first[row] = from;
      for (let t = 0; t <= 2 * radius; t++) {
        const j = Math.abs(i + t - radius);
        const at = row * each + (j < length ? j : 2 * (length - 1) - j) - from;
        weights[at] = (weights[at] as number) + (kernel[t] as number) / sum;
      }
    }
  }
  return taps;
}

function newTaps(count: number, length: number, size: number, each: number): Taps {
  const rows = count * size;
  return { count, length, size, each, first: new Int32Array(rows), weights: new Float32Array(rows * each) };
}

/** The maps as matrices [count, size, length]. */
export function matrices({ count, length, size, each, first, weights }: Taps, device: Device): Tensor {
  const rows = count * size;
  const places = upload(first, [rows, 1], device).add(arange(each, { dtype: 'int32', device }));
  const sparse = zeros([rows, length], { device });
  return sparse.scatter_(1, places.to('int64'), upload(weights, [rows, each], device)).view([count, size, length]);
}

/** The input pixels that output pixels `from` up to but without `to` of image n are made of. */
export function band({ size, each, first }: Taps, n: number, from: number, to: number): [start: number, end: number] {
  const some = first.subarray(n * size + from, n * size + to);
  return [Math.min(...some), Math.max(...some) + each];
}
