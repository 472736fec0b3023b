import { setImmediate } from 'node:timers/promises';
import { noGrad, scope, type Tensor } from 'tandem-torch';
import type { JobHooks } from '../evaluate/index.js';
import { stream } from '../random.js';

/** What a greedy choice came to. */
export interface Chosen {
  /** Numbers of rows, in the order in which they were chosen. */
  readonly rows: readonly number[];
  /** The largest distance (1 - cosine) of any row from the nearest chosen one. */
  readonly radius: number;
}

/**
 * Greedy k-centre (Gonzalez, 1985), the core-set of Sener and Savarese (2018): each time the row
 * that is farthest from all that are chosen. The radius is at most twice the least possible one, in
 * Euclidean distance. The first row is drawn by the seed.
 * @param x [n, d], rows of length 1 @param count from 1 to n
 */
export async function farthestFirst(x: Tensor, count: number, seed: number, hooks: JobHooks = {}): Promise<Chosen> {
  const n = x.shape[0] as number;
  /** Of each row the cosine with the nearest chosen one; of these infinite. */
  const cosines = new Float32Array(n).fill(Number.NEGATIVE_INFINITY);
  const rows: number[] = [];
  for (let next = stream(seed).below(n); ; ) {
    rows.push(next);
    raise(cosines, cosinesWith(x, next));
    cosines[next] = Number.POSITIVE_INFINITY;
    next = lowest(cosines);
    const radius = Math.max(0, 1 - (cosines[next] as number));
    if (rows.length === count) return { rows, radius };
    if (rows.length % 32 !== 0) continue;
    hooks.onProgress?.(rows.length, count, 'choosing');
    await setImmediate();
    hooks.signal?.throwIfAborted();
  }
}

function cosinesWith(x: Tensor, row: number): Float32Array {
  return scope(() => noGrad(() => x.mv(x.select(0, row)).to('cpu').data() as Float32Array));
}

function raise(values: Float32Array, others: Float32Array): void {
  for (let i = 0; i < values.length; i++) {
    if ((others[i] as number) > (values[i] as number)) values[i] = others[i] as number;
  }
}

/** The first of the lowest. */
function lowest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] as number) < (values[best] as number)) best = i;
  return best;
}
