import { noGrad, scope, type Tensor } from 'tandem-torch';
import { highestLabel, l2Normalize } from '../../math.js';
import { nearest } from './nearest.js';

/** How neighbours vote. */
export interface Vote {
  /** Neighbours that vote; 1 is the paper's. */
  readonly k?: number;
  /**
   * With k > 1 a neighbour's vote is exp(similarity / temperature); .1 is usual (Wu et al., 2018).
   */
  readonly temperature?: number;
}

/** A k-nearest-neighbour classifier by cosine similarity. */
export interface KnnOptions extends Vote {
  /** Queries at a time; defaults to what keeps the similarities within 128 MiB. */
  readonly chunk?: number;
}

/**
 * The class of each query.
 * @param reference features [n, d]
 * @param labels their classes, n integers from 0
 * @param queries features [q, d]
 * @returns q classes; of equally near neighbours those with the lowest indices count, of equal
 * votes the lowest class wins
 * @throws RangeError when k is not between 1 and n, or shapes do not fit
 * @example
 * ```ts
 * import { tensor } from 'tandem-torch';
 * import { knn } from 'tandem-vision';
 *
 * const reference = tensor([[1, 0], [0.9, 0.1], [0, 1]]);
 * const labels = Int32Array.of(0, 0, 1);
 * console.log(knn(reference, labels, tensor([[2, 0.1], [0.1, 3]])).join()); // 0,1
 * ```
 */
export function knn(reference: Tensor, labels: Int32Array, queries: Tensor, options: KnnOptions = {}): Int32Array {
  return knnVotes(reference, labels, queries, [options], options.chunk)[0] as Int32Array;
}

/** As `knn`, for several ways to vote at the price of one. */
export function knnVotes(
  reference: Tensor,
  labels: Int32Array,
  queries: Tensor,
  votes: readonly Vote[],
  chunk?: number,
): Int32Array[] {
  const [n, d] = reference.shape as [number, number];
  const [count, width] = queries.shape as [number, number];
  if (labels.length !== n || width !== d) {
    throw new RangeError(
      `knn: reference ${reference}, ${labels.length} labels and queries ${queries} do not fit together`,
    );
  }
  for (const { k = 1 } of votes) {
    if (!Number.isInteger(k) || k < 1 || k > n)
      throw new RangeError(`knn: k must be from 1 to ${n}, the size of the reference set, not ${k}`);
  }
  const most = Math.max(...votes.map(({ k = 1 }) => k));
  const classes = highestLabel(labels) + 1;
  const predictions = votes.map(() => new Int32Array(count));
  const step = chunk ?? queriesAtATime(n);
  scope(() =>
    noGrad(() => {
      const directions = l2Normalize(reference).t();
      for (let from = 0; from < count; from += step) {
        const rows = Math.min(step, count - from);
        scope(() => {
          const neighbours = nearest(l2Normalize(queries.narrow(0, from, rows)).mm(directions), most);
          for (const [i, vote] of votes.entries()) predictions[i]?.set(elect(neighbours, labels, classes, vote), from);
        });
      }
    }),
  );
  return predictions;
}

/**
 * Few enough that their similarities, 4 bytes each, take 128 MiB at most, unless there are very
 * many.
 */
function queriesAtATime(references: number): number {
  return Math.min(1000, Math.max(16, Math.floor(2 ** 25 / references)));
}

function elect(
  { values, indices, k: all }: ReturnType<typeof nearest>,
  labels: Int32Array,
  classes: number,
  { k = 1, temperature = 0.1 }: Vote,
): Int32Array {
  const winners = new Int32Array(indices.length / all);
  const votes = new Float64Array(classes);
  for (let row = 0; row < winners.length; row++) {
    const first = row * all;
    const highest = Number(values[first]);
    votes.fill(0);
    for (let i = first; i < first + k; i++) {
      const label = labels[indices[i] as number] as number;
      // Relative to the nearest, so that a small temperature cannot overflow.
      votes[label] = (votes[label] as number) + Math.exp((Number(values[i]) - highest) / temperature);
    }
    let best = 0;
    for (let label = 1; label < classes; label++) {
      if ((votes[label] as number) > (votes[best] as number)) best = label;
    }
    winners[row] = best;
  }
  return winners;
}
