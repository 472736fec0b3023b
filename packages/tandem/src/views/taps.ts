import { arange, type Device, type Tensor, upload, zeros } from '@tandem/torch';

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
 * @param unit what the weights of an output pixel add up to
 */
export function resizeTaps(
  start: Int32Array,
  extent: Int32Array,
  flip: Uint8Array | null,
  length: number,
  size: number,
  interpolation: Interpolation,
  unit = 1,
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
        taps.weights[at + j - from] = (unit * weight(Math.abs(j + 0.5 - centre) / width)) / sum;
      }
    }
  }
  return taps;
}

/** Far below what float32 can tell; but numbers below 1e-38, which narrow kernels have, are slow to multiply with. */
const NOTHING = 1e-12;

/**
 * Gaussian blur of a line that goes on by `radius` pixels at either end.
 *
 * @param sigmas one number above 0 for each image @param radius the kernel is 2 radius + 1 wide @param size without the ends
 */
export function blurTaps(sigmas: Float32Array, radius: number, size: number): Taps {
  const each = 2 * radius + 1;
  const taps = newTaps(sigmas.length, size + 2 * radius, size, each);
  for (const [n, sigma] of sigmas.entries()) {
    const kernel = Float64Array.from({ length: each }, (_, t) => {
      const weight = Math.exp(-0.5 * ((t - radius) / sigma) ** 2);
      return weight < NOTHING ? 0 : weight;
    });
    const sum = kernel.reduce((total, weight) => total + weight, 0);
    const weights = kernel.map((weight) => weight / sum);
    for (let i = 0; i < size; i++) {
      taps.first[n * size + i] = i;
      taps.weights.set(weights, (n * size + i) * each);
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

/** Output pixels that are made together: few enough to need few input pixels, and for OpenBLAS's kernels for small products. */
const BLOCK = 32;

/**
 * The matrix of a single image that is not flipped, as blocks of output pixels, each with a window of the input: windows
 * of one length at equal steps, so that all blocks are one batched product. The last block may go on beyond `size`.
 *
 * @returns weights [count, many, length], or transposed [count, length, many]
 */
export function windows({ length: line, size, each, first, weights }: Taps, transposed: boolean) {
  // A line that grows much has no whole pixel's step from block to block.
  const count = 4 * line < size ? 1 : Math.ceil(size / BLOCK);
  const many = Math.ceil(size / count);
  const starts = Array.from({ length: count }, (_, k) => first[k * many] as number);
  const ends = starts.map((_, k) => (first[Math.min((k + 1) * many, size) - 1] as number) + each);
  const needed = (step: number) => Math.max(...ends.map((end, k) => end - k * step));
  let step = Math.min(line, ...starts.slice(1).map((start, k) => Math.floor(start / (k + 1))));
  while ((count - 1) * step + needed(step) > line) step--;
  const length = needed(step);
  const dense = new Float32Array(count * many * length);
  const [along, next] = transposed ? [many, 1] : [1, length];
  for (let i = 0; i < size; i++) {
    const k = Math.floor(i / many);
    const at = k * many * length + (i - k * many) * next + ((first[i] as number) - k * step) * along;
    for (let j = 0; j < each; j++) dense[at + j * along] = weights[i * each + j] as number;
  }
  return { count, many, step, length, weights: dense };
}
