import { setImmediate } from 'node:timers/promises';
import { cat, linalgEigh, noGrad, scope, type Tensor } from 'tandem-torch';
import { take } from '../evaluate/clusters/rows.js';
import type { JobHooks } from '../evaluate/index.js';
import { Groups } from '../images/index.js';

/** Side of a block of cosines: it fits in a processor's cache. */
const side = 1024;
/** Main directions of rows that are looked at first. */
const directions = 64;
/** Pairs of a block that are looked at one by one; if there are more, all are. */
const fewPairs = 8192;

/**
 * Groups of rows between which a chain of cosines of at least `threshold` leads: all pairs are
 * compared, a block of the matrix of products at a time.
 * @param x [n, d], rows of length 1
 * @returns groups of at least two, each ascending
 */
export async function chained(x: Tensor, threshold: number, hooks: JobHooks): Promise<number[][]> {
  const n = x.shape[0] as number;
  const groups = new Groups(n);
  const sketches = scope(() => noGrad(() => sketch(x).keep()));
  try {
    for (let row = 0; row < n; row += side) {
      for (let column = row; column < n; column += side) {
        const pairs = scope(() => noGrad(() => pairsIn(x, sketches, row, column, threshold)));
        for (let i = 0; i < pairs.length; i += 2) {
          groups.join(row + (pairs[i] as number), column + (pairs[i + 1] as number));
        }
      }
      // Half of the matrix: the first rows have the longest way.
      hooks.onProgress?.(row * (2 * n - row), n * n, 'comparing');
      await setImmediate();
      hooks.signal?.throwIfAborted();
    }
  } finally {
    sketches.dispose();
  }
  return groups.all();
}

/**
 * Short rows whose products are nowhere below those of the whole ones: the coordinates along their
 * main directions, and the length of what is left of each, as Cauchy and Schwarz have it.
 * @returns [n, directions + 1], or a copy of short rows
 */
function sketch(x: Tensor): Tensor {
  const width = x.shape[1] as number;
  if (width <= 2 * directions) return x.clone();
  const [, axes] = linalgEigh(x.t().mm(x));
  // In ascending order of what they hold.
  const along = x.mm((axes as Tensor).narrow(1, width - directions, directions));
  // A little too long, as roots of what is rounded may be too short.
  const left = along.square().sum([1], { keepdim: true }).neg().add(1).clampMin(0).add(1e-6).sqrt();
  return cat([along, left], { dim: 1 });
}

/** Pairs within a block, as numbers of row and column in it, one after another. */
function pairsIn(x: Tensor, sketches: Tensor, row: number, column: number, threshold: number): Int32Array {
  const block = (all: Tensor, from: number) => all.narrow(0, from, Math.min(side, (x.shape[0] as number) - from));
  const near = (all: Tensor) => block(all, row).mm(block(all, column).t()).ge(threshold).nonzero();
  const maybe = near(sketches);
  const pairs = (maybe.shape[0] as number) > fewPairs ? near(x) : certain(maybe, block(x, row), block(x, column));
  return pairs.to({ device: 'cpu', dtype: 'int32' }).data() as Int32Array;

  function certain(some: Tensor, rows: Tensor, columns: Tensor): Tensor {
    const [a, b] = [rows.indexSelect(0, some.select(1, 0)), columns.indexSelect(0, some.select(1, 1))];
    return some.indexSelect(0, a.mul(b).sum([1]).ge(threshold).nonzero().flatten());
  }
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
