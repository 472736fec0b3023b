import { type Device, scope, type Tensor, threads } from 'tandem-torch';
import type { StagingBuffer } from './staging-buffer.js';

/** The places where an array is not 0. */
export function marked(array: ArrayLike<number>): number[] {
  const places: number[] = [];
  for (let i = 0; i < array.length; i++) if (array[i] !== 0) places.push(i);
  return places;
}

/** The values at some places of an array. */
export function pick(array: Float32Array, places: readonly number[]): Float32Array {
  return Float32Array.from(places, (place) => array[place] as number);
}

/** What changes a batch [n, c, h, w] in place, once the buffer with what it needs was sent. */
export type Change = (x: Tensor) => void;

/**
 * Changes some images of a batch, and leaves the others untouched.
 *
 * @param count images of the batch @param rows which of them; none twice
 * @param change of these images [m, c, h, w]; it may write to what it is given
 */
export function changeRows(
  count: number,
  rows: readonly number[],
  staging: StagingBuffer,
  change: (some: Tensor) => Tensor,
): Change {
  if (rows.length === 0) return () => {};
  if (rows.length === count) {
    return (x) =>
      scope(() => {
        const changed = change(x);
        if (changed !== x) x.copy_(changed);
      });
  }
  const index = staging.put(rows, [rows.length], 'int64');
  return (x) =>
    scope(() => {
      const places = index();
      x.indexCopy_(0, places, change(x.indexSelect(0, places)));
    });
}

/**
 * Bytes that a core works on quickest: what an operation leaves is still in its cache when the next
 * one comes.
 */
const cache = 2 ** 20;

/**
 * How many of `count` equal things of so many bytes to take at once: all on a GPU, a cache full on
 * a CPU.
 */
export function atOnce(count: number, bytes: number, device: Device): number {
  return device === 'cpu' ? Math.max(1, Math.min(count, Math.floor((cache * threads()) / bytes))) : Math.max(1, count);
}
