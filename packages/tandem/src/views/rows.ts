import { type Device, scope, type Tensor, threads, upload } from '@tandem/torch';

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

/**
 * Changes some images of a batch in place, and leaves the others untouched.
 *
 * @param x [n, c, h, w]
 * @param rows which of the n; no row twice
 * @param change of these images [m, c, h, w]; it may write to what it is given
 */
export function changeRows(x: Tensor, rows: readonly number[], change: (some: Tensor) => Tensor): void {
  if (rows.length === 0) return;
  scope(() => {
    if (rows.length === x.shape[0]) {
      const changed = change(x);
      if (changed !== x) x.copy_(changed);
      return;
    }
    const index = upload(BigInt64Array.from(rows, BigInt), [rows.length], x.device);
    x.indexCopy_(0, index, change(x.indexSelect(0, index)));
  });
}

/** Bytes that a core works on quickest: what an operation leaves is still in its cache when the next one comes. */
const CACHE = 2 ** 20;

/** How many of `count` equal things of so many bytes to take at once: all on a GPU, a cache full on a CPU. */
export function atOnce(count: number, bytes: number, device: Device): number {
  return device === 'cpu' ? Math.max(1, Math.min(count, Math.floor((CACHE * threads()) / bytes))) : Math.max(1, count);
}
