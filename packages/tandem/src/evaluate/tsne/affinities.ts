import { scope, type Tensor } from 'tandem-torch';
import { nearest } from '../knn/nearest.js';

/**
 * A sparse symmetric matrix: the entries of row i are number start[i] up to but without start[i +
 * 1].
 */
export interface Affinities {
  readonly start: Int32Array;
  readonly column: Int32Array;
  readonly value: Float64Array;
}

/**
 * How likely two points are neighbours: p(j|i) = exp(-b_i |x_i - x_j|^2) / sum, with b_i such that
 * the entropy of each row is that of `perplexity` equal neighbours; then (p(j|i) + p(i|j)) / 2n.
 * Only the 3 perplexity + 1 nearest of a point count: the others' share is next to nothing (van der
 * Maaten, 2014).
 * @param x float64 [n, d] on the CPU
 */
export function affinities(x: Tensor, perplexity: number): Affinities {
  const n = x.shape[0] as number;
  const k = Math.min(n - 1, Math.floor(3 * perplexity + 1));
  const { squared, indices } = neighbours(x, k);
  const conditional = new Float64Array(n * k);
  for (let i = 0; i < n; i++) {
    calibrate(squared.subarray(i * k, (i + 1) * k), perplexity, conditional.subarray(i * k, (i + 1) * k));
  }
  return symmetric(conditional, indices, n, k);
}

/** The k nearest other points of each, and their squared distances, nearest first. */
function neighbours(x: Tensor, k: number): { squared: Float64Array; indices: Int32Array } {
  const n = x.shape[0] as number;
  const squared = new Float64Array(n * k);
  const indices = new Int32Array(n * k);
  scope(() => {
    const lengths = x.square().sum(1);
    const step = Math.max(16, Math.floor(2 ** 23 / n));
    for (let from = 0; from < n; from += step) {
      scope(() => {
        const rows = Math.min(step, n - from);
        const part = x.narrow(0, from, rows);
        // -|a - b|^2
        const near = part
          .mm(x.t())
          .mul_(2)
          .sub_(lengths)
          .sub_(lengths.narrow(0, from, rows).unsqueeze(1));
        near.narrow(1, from, rows).fillDiagonal_(Number.NEGATIVE_INFINITY);
        const found = nearest(near, k);
        squared.set(
          Float64Array.from(found.values as Float64Array, (value) => Math.max(0, -value)),
          from * k,
        );
        indices.set(found.indices, from * k);
      });
    }
  });
  return { squared, indices };
}

const tolerance = 1e-5;
const tries = 100;

/**
 * Writes one row's probabilities: halves the interval of b until the entropy is that of the
 * perplexity.
 */
function calibrate(squared: Float64Array, perplexity: number, row: Float64Array): void {
  const wanted = Math.log(perplexity);
  const nearestSquared = squared[0] as number;
  let [low, high, b] = [0, Number.POSITIVE_INFINITY, 1];
  for (let tried = 0; tried < tries; tried++) {
    let sum = 0;
    let mean = 0;
    for (let j = 0; j < row.length; j++) {
      // Relative to the nearest, so that not all of them become 0.
      const beyond = (squared[j] as number) - nearestSquared;
      const weight = Math.exp(-b * beyond);
      row[j] = weight;
      sum += weight;
      mean += weight * beyond;
    }
    const entropy = Math.log(sum) + (b * mean) / sum;
    for (let j = 0; j < row.length; j++) row[j] = (row[j] as number) / sum;
    if (Math.abs(entropy - wanted) < tolerance) return;
    if (entropy > wanted) low = b;
    else high = b;
    b = high === Number.POSITIVE_INFINITY ? b * 2 : (low + high) / 2;
  }
}

function symmetric(conditional: Float64Array, indices: Int32Array, n: number, k: number): Affinities {
  const back = transposed(conditional, indices, n, k);
  const start = new Int32Array(n + 1);
  const column = new Int32Array(2 * n * k);
  const value = new Float64Array(2 * n * k);
  const place = new Int32Array(n).fill(-1);
  let end = 0;
  const add = (row: number, j: number, p: number) => {
    if ((place[j] as number) < (start[row] as number)) {
      place[j] = end;
      column[end] = j;
      end += 1;
    }
    value[place[j] as number] = (value[place[j] as number] as number) + p / (2 * n);
  };
  for (let i = 0; i < n; i++) {
    start[i] = end;
    for (let e = i * k; e < (i + 1) * k; e++) add(i, indices[e] as number, conditional[e] as number);
    for (let e = back.start[i] as number; e < (back.start[i + 1] as number); e++) {
      add(i, back.column[e] as number, back.value[e] as number);
    }
  }
  start[n] = end;
  return { start, column: column.slice(0, end), value: value.slice(0, end) };
}

function transposed(conditional: Float64Array, indices: Int32Array, n: number, k: number): Affinities {
  const start = new Int32Array(n + 1);
  for (const j of indices) start[j + 1] = (start[j + 1] as number) + 1;
  for (let i = 0; i < n; i++) start[i + 1] = (start[i + 1] as number) + (start[i] as number);
  const next = start.slice();
  const column = new Int32Array(n * k);
  const value = new Float64Array(n * k);
  for (let e = 0; e < n * k; e++) {
    const j = indices[e] as number;
    const at = next[j] as number;
    next[j] = at + 1;
    column[at] = Math.floor(e / k);
    value[at] = conditional[e] as number;
  }
  return { start, column, value };
}
