import { setImmediate } from 'node:timers/promises';
import { noGrad, scope, type Tensor } from 'tandem-torch';
import { take } from '../evaluate/clusters/rows.js';
import type { JobHooks } from '../evaluate/index.js';
import { Groups } from '../images/index.js';

/** Side of a block of cosines: it fits in a processor's cache. */
const side = 1024;

/**
 * Groups of rows between which a chain of cosines of at least `threshold` leads: all pairs are
 * compared, a block of the matrix of products at a time.
 * @param x [n, d], rows of length 1
 * @returns groups of at least two, each ascending
 */
export async function chained(x: Tensor, threshold: number, hooks: JobHooks): Promise<number[][]> {
  const n = x.shape[0] as number;
  const groups = new Groups(n);
  for (let row = 0; row < n; row += side) {
    for (let column = row; column < n; column += side) {
      const pairs = pairsIn(x, row, column, threshold);
      for (let i = 0; i < pairs.length; i += 2) {
        groups.join(row + (pairs[i] as number), column + (pairs[i + 1] as number));
      }
    }
    // Half of the matrix: the first rows have the longest way.
    hooks.onProgress?.(row * (2 * n - row), n * n, 'comparing');
    await setImmediate();
    hooks.signal?.throwIfAborted();
  }
  return groups.all();
}

/** Pairs within a block, as numbers of row and column in it, one after another. */
function pairsIn(x: Tensor, row: number, column: number, threshold: number): Int32Array {
  const n = x.shape[0] as number;
  return scope(() =>
    noGrad(() => {
      const [a, b] = [row, column].map((from) => x.narrow(0, from, Math.min(side, n - from))) as [Tensor, Tensor];
      const near = a.mm(b.t()).ge(threshold).nonzero();
      return near.to({ device: 'cpu', dtype: 'int32' }).data() as Int32Array;
    }),
  );
}

/** One that stands for others, and these with their cosines. */
export interface Led {
  readonly leader: number;
  /** The most similar first. */
  readonly others: readonly { readonly index: number; readonly similarity: number }[];
}

/**
 * Groups in which each is similar to its leader: the first that has none yet becomes one, and takes
 * all that are near enough to it.
 * @param x [n, d], rows of length 1
 * @param order numbers of rows, the best to stand for others first
 * @returns those that lead any
 */
export function led(x: Tensor, order: readonly number[], threshold: number): Led[] {
  return scope(() => {
    const rows = take(x, order);
    const found: Led[] = [];
    for (let open = [...order.keys()]; open.length > 1; ) {
      const [leader, ...rest] = open as [number, ...number[]];
      const cosines = scope(() => rows.mv(rows.select(0, leader)).to('cpu').data());
      const isNear = (i: number) => (cosines[i] as number) >= threshold;
      const others = rest
        .filter(isNear)
        .map((i) => ({ index: order[i] as number, similarity: Math.min(1, cosines[i] as number) }))
        .sort((a, b) => b.similarity - a.similarity);
      if (others.length > 0) found.push({ leader: order[leader] as number, others });
      open = rest.filter((i) => !isNear(i));
    }
    return found;
  });
}
