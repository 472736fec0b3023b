import { allocate } from './allocate.js';
import { bytesOf, type ImageSet, imageBytes, samplesOf } from './image-set.js';

/**
 * For each output pixel along one axis: the first input pixel it takes from, and how much of that
 * one and the next.
 */
interface Taps {
  readonly first: readonly number[];
  readonly weights: readonly Float64Array[];
}

/**
 * The same images at another side: the shorter side resized to `size` pixels, the centre cut out.
 * The filter is a triangle, as wide as an output pixel when shrinking (PIL's bilinear). Images of
 * that size already are returned as they are.
 *
 * This is for the many small images of binary data sets: a few microseconds an image, where a
 * decoding library spends a millisecond.
 */
export function resizeSet(set: ImageSet, size: number): ImageSet {
  const { count, height, width } = set;
  if (height === size && width === size) return set;
  const pixels = allocate(count, set, size);
  const resize = resizer(set, size);
  const stride = imageBytes({ ...set, height: size, width: size });
  for (let i = 0; i < count; i++) resize(bytesOf(set, i, i + 1), pixels, i * stride);
  return { ...set, height: size, width: size, pixels };
}

/** Resizes one image, and writes its planes from byte `start` on. */
export type Resize = (from: Uint8Array, to: Uint8Array, start: number) => void;

/** Resizes images of one shape one by one, as `resizeSet` does. */
export function resizer(
  { channels, depth, height, width }: Pick<ImageSet, 'channels' | 'depth' | 'height' | 'width'>,
  size: number,
): Resize {
  const scale = Math.min(height, width) / size;
  const across = taps(width, size, scale);
  const down = taps(height, size, scale);
  const rows = new Float64Array(height * size);
  return (bytes, toBytes, startByte) => {
    const [from, to] = [samplesOf(bytes, { channels, depth }), samplesOf(toBytes, { channels, depth })];
    const start = depth === 16 ? startByte / 2 : startByte;
    for (let plane = 0; plane < channels; plane++) {
      const top = plane * height * width;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < size; x++) rows[y * size + x] = blend(from, top + y * width, 1, across, x);
      }
      const at = start + plane * size * size;
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) to[at + y * size + x] = Math.round(blend(rows, x, size, down, y));
      }
    }
  };
}

/**
 * `views/taps.ts` has the same filter for random crops, in float32 and clamped at 0. They share no
 * code: rounding leaves some of these weights 1e-16 below 0, so clamping them would change the
 * last bit of others, and perhaps pixels that caches hold.
 */
function taps(length: number, size: number, scale: number): Taps {
  const reach = Math.max(scale, 1);
  const cutOff = (length / scale - size) / 2;
  const first: number[] = [];
  const weights: Float64Array[] = [];
  for (let i = 0; i < size; i++) {
    const centre = (i + cutOff + 0.5) * scale;
    const from = Math.max(0, Math.floor(centre - reach + 0.5));
    const to = Math.min(length, Math.floor(centre + reach + 0.5));
    const raw = Float64Array.from({ length: to - from }, (_, k) => 1 - Math.abs(from + k + 0.5 - centre) / reach);
    const sum = raw.reduce((total, weight) => total + weight, 0);
    first.push(from);
    weights.push(raw.map((weight) => weight / sum));
  }
  return { first, weights };
}

function blend(from: ArrayLike<number>, start: number, step: number, { first, weights }: Taps, i: number): number {
  const shares = weights[i] as Float64Array;
  let at = start + (first[i] as number) * step;
  let sum = 0;
  for (let k = 0; k < shares.length; k++, at += step) sum += (shares[k] as number) * (from[at] as number);
  return sum;
}
