import { setImmediate } from 'node:timers/promises';
import { bincount, fromBuffer, minimum, noGrad, scope, searchsorted, type Tensor, zeros } from 'tandem-torch';
import { type RandomStream, stream } from '../../random.js';
import type { JobHooks } from '../hooks.js';
import { take } from './rows.js';

/** How rows were divided. */
export interface Clusters {
  /** The cluster of each row. */
  readonly labels: Int32Array;
  /** Of each row the squared distance from its centre. */
  readonly distances: Float32Array;
  /** Their sum, which k-means makes small. */
  readonly inertia: number;
  readonly iterations: number;
}

/** Rows whose distances from the centres are at hand at a time. */
const block = 4096;
const mostIterations = 300;
/** Centres that move no farther, as a share of the rows' variance, have come to rest. */
const tolerance = 1e-4;

/**
 * k-means: Lloyd's iterations (1982) from centres by k-means++ (Arthur and Vassilvitskii, 2007),
 * with the best of several draws for each, as scikit-learn has it. A cluster that loses all of its
 * rows gets the row that is farthest from its centre.
 * @param x [n, d] @param k from 1 to n @param begin centres to start from, instead of drawn ones
 */
export async function kMeans(
  x: Tensor,
  k: number,
  { seed = 0, begin }: { readonly seed?: number; readonly begin?: Tensor } = {},
  hooks: JobHooks = {},
): Promise<Clusters> {
  const rest = scope(() => x.var([0], { correction: 0 }).mean().item() * tolerance);
  const drawn = begin === undefined ? await draw(x, k, stream(seed), hooks) : [];
  let centres = scope(() => (begin?.clone() ?? take(x, drawn)).keep());
  try {
    for (let iterations = 1; ; iterations++) {
      const found = scope(() => noGrad(() => assign(x, centres)));
      const moved = scope(() => noGrad(() => meansOf(x, found, k).keep()));
      const shift = scope(() => moved.sub(centres).square().sum().item());
      centres.dispose();
      centres = moved;
      if (shift <= rest || iterations === mostIterations) {
        const { labels, distances } = scope(() => noGrad(() => assign(x, centres)));
        const inertia = distances.reduce((sum, one) => sum + one, 0);
        return { labels, distances, inertia, iterations };
      }
      hooks.onProgress?.(iterations, undefined, 'iterations of k-means');
      await setImmediate();
      hooks.signal?.throwIfAborted();
    }
  } finally {
    centres.dispose();
  }
}

/** The nearest centre of each row. */
function assign(x: Tensor, centres: Tensor): Pick<Clusters, 'labels' | 'distances'> {
  const n = x.shape[0] as number;
  const labels = new Int32Array(n);
  const distances = new Float32Array(n);
  const lengths = centres.square().sum([1]);
  for (let from = 0; from < n; from += block) {
    scope(() => {
      const rows = x.narrow(0, from, Math.min(block, n - from));
      // |x - c|^2 without |x|^2, which is the same for all centres.
      const [least, nearest] = lengths.addmm(rows, centres.t(), { alpha: -2 }).min(1);
      const squares = least.add(rows.square().sum([1])).clampMin(0);
      labels.set(nearest.to({ device: 'cpu', dtype: 'int32' }).data() as Int32Array, from);
      distances.set(squares.to('cpu').data() as Float32Array, from);
    });
  }
  return { labels, distances };
}

/** The mean of each cluster's rows. [k, d] */
function meansOf(x: Tensor, { labels, distances }: Pick<Clusters, 'labels' | 'distances'>, k: number): Tensor {
  fillEmpty(labels, distances, k);
  const index = fromBuffer(BigInt64Array.from(labels, BigInt)).to(x.device);
  const sums = zeros([k, x.shape[1] as number], { device: x.device }).indexAdd(0, index, x);
  return sums.div(bincount(index, { minlength: k }).unsqueeze(1));
}

/** Gives each cluster without rows the row that is farthest from its centre, in place. */
function fillEmpty(labels: Int32Array, distances: Float32Array, k: number): void {
  const sizes = new Int32Array(k);
  for (const label of labels) sizes[label] = (sizes[label] as number) + 1;
  const empty = [...sizes.keys()].filter((label) => sizes[label] === 0);
  if (empty.length === 0) return;
  const farthest = [...labels.keys()].sort((a, b) => (distances[b] as number) - (distances[a] as number));
  for (const row of farthest) {
    const own = labels[row] as number;
    if ((sizes[own] as number) < 2) continue;
    const label = empty.pop();
    if (label === undefined) return;
    labels[row] = label;
    sizes[own] = (sizes[own] as number) - 1;
    sizes[label] = 1;
  }
}

/**
 * Rows for centres by k-means++: drawn one after another, each with a chance of its squared
 * distance from those before, and the best of a few.
 */
async function draw(x: Tensor, k: number, random: RandomStream, hooks: JobHooks): Promise<number[]> {
  const n = x.shape[0] as number;
  const candidates = 2 + Math.floor(Math.log(k));
  const rows = [random.below(n)];
  /** Of each row the squared distance from the nearest of these. */
  let near = scope(() => noGrad(() => distancesFrom(x, take(x, rows)).select(1, 0).clone().keep()));
  try {
    while (rows.length < k) {
      const [row, next] = scope(() => noGrad(() => drawOne(x, near, candidates, random)));
      near.dispose();
      near = next.keep();
      rows.push(row);
      if (rows.length % 32 !== 0) continue;
      hooks.onProgress?.(rows.length, k, 'first centres');
      await setImmediate();
      hooks.signal?.throwIfAborted();
    }
  } finally {
    near.dispose();
  }
  return rows;
}

/** Of some drawn rows the one that brings all nearest to a centre, and how near they are then. */
function drawOne(x: Tensor, near: Tensor, candidates: number, random: RandomStream): [row: number, near: Tensor] {
  const n = x.shape[0] as number;
  const sums = near.to('float64').cumsum(0);
  const all = sums.select(0, n - 1).item();
  const draws = Float64Array.from({ length: candidates }, () => random.next() * all);
  const drawn = searchsorted(sums, fromBuffer(draws).to(x.device)).clampMax(n - 1);
  const apart = minimum(distancesFrom(x, x.indexSelect(0, drawn)), near.unsqueeze(1));
  const best = apart.sum([0]).argmin().item();
  return [drawn.select(0, best).item(), apart.select(1, best).clone()];
}

/** Squared distances. [n, centres] */
function distancesFrom(x: Tensor, centres: Tensor): Tensor {
  const lengths = (rows: Tensor) => rows.square().sum([1]);
  return lengths(centres).addmm(x, centres.t(), { alpha: -2 }).add(lengths(x).unsqueeze(1)).clampMin(0);
}
