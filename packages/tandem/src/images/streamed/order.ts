/** In which order the images of a stream come: a function of the seed and of where in it one is. */

import { permutation } from '../../random.js';

/** What a seed is spent on here. */
const purpose = { parts: 0x7374_7270, images: 0x7374_7269 } as const;

/** Windows in a pass over all parts. */
export function windowsPerPass(parts: number, size: number): number {
  return Math.ceil(parts / size);
}

/**
 * The parts of a window: in each pass over the set all parts have an order of their own, and so
 * many in a row make up a window; the last of a pass may be smaller.
 *
 * @param window counted from 0 through all passes
 */
export function partsIn(window: number, parts: number, size: number, seed: number): readonly number[] {
  const each = windowsPerPass(parts, size);
  const order = permutation(parts, seed, purpose.parts, Math.floor(window / each));
  const from = (window % each) * size;
  return Array.from(order.subarray(from, from + size));
}

/** The order of a window's images: any of them may come first. */
export function orderIn(window: number, images: number, seed: number): Uint32Array {
  return permutation(images, seed, purpose.images, window);
}
