import { type Device, fromBuffer, scope, type Tensor, type TypedArray, threads } from '@tandem/torch';

/**
 * An array as a tensor on a device. On the CPU it shares the array's memory: never write to it. The copy to a GPU does not
 * wait for the work in flight there; the array may be changed as soon as this returns.
 */
export function upload(array: TypedArray, shape: readonly number[], device: Device): Tensor {
  const here = fromBuffer(array, shape);
  if (device === 'cpu') return here;
  const isLarge = array.byteLength > UNPINNED && device.startsWith('cuda');
  return (isLarge ? here.pinMemory() : here).to({ device, nonBlocking: true });
}

/** Bytes up to which CUDA copies without waiting from anywhere; for more it wants memory that the system cannot move. */
const UNPINNED = 2 ** 16;

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
