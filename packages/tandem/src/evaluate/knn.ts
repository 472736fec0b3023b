import { noGrad, scope, type Tensor } from '@tandem/torch';
import { unit } from '../losses/index.js';

/** A k-nearest-neighbour classifier by cosine similarity. */
export interface KnnOptions {
  /** Neighbours that vote; 1 is the paper's. */
  readonly k?: number;
  /** With k > 1 a neighbour's vote is exp(similarity / temperature); .1 is usual (Wu et al., 2018). */
  readonly temperature?: number;
  /** Queries at a time: bounds the memory at chunk x bank similarities. */
  readonly chunk?: number;
}

/**
 * The class of each query.
 * @param bank features [n, d] @param labels their classes, n integers from 0 @param queries features [q, d]
 * @returns q classes; of equally near neighbours those with the lowest indices count, of equal votes the lowest class wins
 * @throws RangeError when k is not between 1 and n, or shapes do not fit
 */
export function knn(bank: Tensor, labels: Int32Array, queries: Tensor, options: KnnOptions = {}): Int32Array {
  const { k = 1, temperature = 0.1, chunk = 1000 } = options;
  const [n, d] = bank.shape as [number, number];
  const [count, width] = queries.shape as [number, number];
  if (labels.length !== n || width !== d) {
    throw new RangeError(`knn: bank ${bank}, ${labels.length} labels and queries ${queries} do not fit together`);
  }
  if (!Number.isInteger(k) || k < 1 || k > n)
    throw new RangeError(`knn: k must be from 1 to ${n}, the bank's size, not ${k}`);
  const classes = labels.reduce((most, label) => Math.max(most, label), 0) + 1;
  const predictions = new Int32Array(count);
  scope(() =>
    noGrad(() => {
      const directions = unit(bank).t();
      for (let from = 0; from < count; from += chunk) {
        const rows = Math.min(chunk, count - from);
        const voted = scope(() => {
          const similarity = unit(queries.narrow(0, from, rows)).mm(directions);
          return k === 1 ? nearestLabels(similarity, labels) : vote(similarity, labels, classes, k, temperature);
        });
        predictions.set(voted, from);
      }
    }),
  );
  return predictions;
}

function nearestLabels(similarity: Tensor, labels: Int32Array): Int32Array {
  const nearest = similarity.argmax({ dim: 1 }).data() as BigInt64Array;
  return Int32Array.from(nearest, (index) => labels[Number(index)] as number);
}

function vote(similarity: Tensor, labels: Int32Array, classes: number, k: number, temperature: number): Int32Array {
  const [values, indices] = similarity.topk(k, { dim: 1 });
  const neighbours = Array.from(indices.data() as BigInt64Array, Number);
  // Relative to the nearest, so that a small temperature cannot overflow.
  const weights = values
    .sub(values.narrow(1, 0, 1))
    .div(temperature)
    .exp()
    .data();
  const rows = similarity.shape[0] as number;
  settleTies(similarity, values, neighbours, k);
  const winners = new Int32Array(rows);
  const votes = new Float64Array(classes);
  for (let row = 0; row < rows; row++) {
    votes.fill(0);
    for (let i = row * k; i < (row + 1) * k; i++) {
      const label = labels[neighbours[i] as number] as number;
      votes[label] = (votes[label] as number) + Number(weights[i]);
    }
    winners[row] = votes.indexOf(Math.max(...votes));
  }
  return winners;
}

/** Of the neighbours as far away as the last that counts, topk takes any: puts those with the lowest indices there. */
function settleTies(similarity: Tensor, values: Tensor, neighbours: number[], k: number): void {
  const near = similarity
    .ge(values.narrow(1, k - 1, 1))
    .sum([1])
    .data();
  for (let row = 0; row < near.length; row++) {
    if (Number(near[row]) <= k) continue;
    const all = similarity.select(0, row).data();
    const edge = all[neighbours[row * k + k - 1] as number];
    let place = row * k;
    while (all[neighbours[place] as number] !== edge) place += 1;
    for (let index = 0; place < (row + 1) * k; index++) if (all[index] === edge) neighbours[place++] = index;
  }
}

/** The share of predictions that are right. */
export function accuracy(predictions: Int32Array, labels: Int32Array): number {
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (predictions[i] === labels[i]) right += 1;
  return right / labels.length;
}
