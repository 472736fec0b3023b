import { setImmediate } from 'node:timers/promises';
import { noGrad, scope, type Tensor } from 'tandem-torch';
import type { JobHooks } from '../evaluate/index.js';
import { nearest } from '../evaluate/knn/nearest.js';

/** Cosines that are at hand at a time. */
const atATime = 2 ** 24;

/** What is made of a cosine. */
type Distance = (cosine: number) => number;

/**
 * Of each row, the mean distance to its k nearest other rows, or to all where there are fewer.
 * @param x [n, d], rows of length 1; n is 2 at least
 */
export async function meanDistances(x: Tensor, k: number, distance: Distance, hooks: JobHooks = {}) {
  return overNeighbours(
    x,
    k,
    (cosines) => cosines.reduce((sum, one) => sum + distance(one), 0) / cosines.length,
    hooks,
  );
}

/**
 * Of each row, the distance to its k-th nearest other row, or to the last where there are fewer.
 * @param x [n, d], rows of length 1; n is 2 at least
 */
export async function kthDistances(x: Tensor, k: number, distance: Distance, hooks: JobHooks = {}) {
  return overNeighbours(x, k, (cosines) => distance(cosines.at(-1) as number), hooks);
}

/** Of each row, what is made of the cosines with its k nearest others, the nearest first. */
async function overNeighbours(
  x: Tensor,
  k: number,
  make: (cosines: readonly number[]) => number,
  hooks: JobHooks,
): Promise<Float64Array> {
  const n = x.shape[0] as number;
  const wanted = Math.min(k, n - 1);
  const found = new Float64Array(n);
  const step = Math.max(1, Math.floor(atATime / n));
  for (let from = 0; from < n; from += step) {
    const rows = Math.min(step, n - from);
    const cosines = nearestCosines(x, from, rows, wanted);
    for (let i = 0; i < rows; i++) found[from + i] = make(cosines.slice(i * wanted, (i + 1) * wanted));
    hooks.onProgress?.(from + rows, n, 'neighbours');
    await setImmediate();
    hooks.signal?.throwIfAborted();
  }
  return found;
}

/** Of some rows, the k highest cosines with others. [rows, k] */
function nearestCosines(x: Tensor, from: number, rows: number, k: number): readonly number[] {
  return scope(() =>
    noGrad(() => {
      const cosines = x.narrow(0, from, rows).mm(x.t());
      cosines.narrow(1, from, rows).fillDiagonal_(Number.NEGATIVE_INFINITY);
      return Array.from(nearest(cosines, k).values, Number);
    }),
  );
}

/** 1 - the cosine of the angle, from 0 to 2. */
export const cosineDistance = (cosine: number) => Math.max(0, 1 - cosine);

/** Of rows of length 1. */
export const euclideanDistance = (cosine: number) => Math.sqrt(Math.max(0, 2 - 2 * cosine));
