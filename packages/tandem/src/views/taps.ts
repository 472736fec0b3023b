/**
 * Linear maps of a line of pixels, one for each image: every output pixel is a weighted sum of a
 * few neighbouring pixels. Output pixel i of image n takes `each` pixels from `first[n * size + i]`
 * on; their weights follow each other.
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

/**
 * What an output pixel takes of the input pixel at a distance, in the larger of the two pixels'
 * widths.
 */
interface Filter {
  readonly reach: number;
  weight(distance: number): number;
}

/**
 * The filters of torchvision's antialiased resizing, which are Pillow's: a triangle, and Keys'
 * cubic with a = -0.5.
 */
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

/** All ways that there are. */
export const interpolations = Object.keys(filters) as readonly Interpolation[];

/**
 * Cuts a part out of each line and resizes it to `size` pixels; where it shrinks, the filter widens
 * with it (antialiasing).
 *
 * @param start of the part
 * @param extent its pixels, at least 1
 * @param flip 1 where the result is mirrored
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
  const each = tapsEach(length, size, interpolation);
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

/**
 * Pixels that an output pixel takes at most: as many as the whole line would need, whatever the
 * parts.
 */
export function tapsEach(length: number, size: number, interpolation: Interpolation): number {
  return Math.min(length, Math.ceil(2 * reachOf(interpolation) * Math.max(length / size, 1)) + 1);
}

/** How far an output pixel sees, in the larger of the two pixels' widths. */
export function reachOf(interpolation: Interpolation): number {
  return filters[interpolation].reach;
}

/** Standard deviations beyond which a Gaussian counts less than a millionth. */
export const cubicReach = 5.5;

/**
 * Gaussian blur of a line that is mirrored at either end, as torchvision's `gaussian_blur`.
 *
 * @param sigmas one number above 0 for each image
 * @param radius less than length; the kernel is 2 radius + 1 wide
 */
export function blurTaps(sigmas: Float32Array, radius: number, length: number): Taps {
  const reach = blurReach(sigmas, radius);
  const each = Math.min(length, 2 * reach + 1);
  const taps = newTaps(sigmas.length, length, length, each);
  for (const [n, sigma] of sigmas.entries()) {
    const own = Math.min(reach, Math.ceil(cubicReach * sigma));
    const kernel = Float64Array.from({ length: 2 * own + 1 }, (_, t) => Math.exp(-0.5 * ((t - own) / sigma) ** 2));
    const sum = kernel.reduce((total, weight) => total + weight, 0);
    for (let i = 0; i < length; i++) {
      const row = n * length + i;
      const first = Math.max(0, Math.min(i - reach, length - each));
      taps.first[row] = first;
      for (let t = 0; t <= 2 * own; t++) {
        const j = Math.abs(i - own + t);
        const at = row * each + (j < length ? j : 2 * (length - 1) - j) - first;
        taps.weights[at] = (taps.weights[at] as number) + (kernel[t] as number) / sum;
      }
    }
  }
  return taps;
}

/** Pixels to either side that count for any of the images. */
export function blurReach(sigmas: Float32Array, radius: number): number {
  return Math.min(radius, Math.ceil(cubicReach * Math.max(...sigmas)));
}

function newTaps(count: number, length: number, size: number, each: number): Taps {
  const rows = count * size;
  return { count, length, size, each, first: new Int32Array(rows), weights: new Float32Array(rows * each) };
}
