import { type Tensor, tensor } from 'tandem-torch';
import { fixture, normal } from '../support.js';

/** What scikit-learn found for these points; see scripts/fixtures/clusters.py. */
export const reference = fixture<{
  width: number;
  points: number[];
  begin: number[];
  kMeans: { labels: number[]; inertia: number };
  inertias: number[];
  meanDistances: number[];
  hdbscan: Record<string, number[]>;
}>('clusters');

/** Its points. [240, 6], rows of length 1 */
export function referencePoints(): Tensor {
  const { points, width } = reference;
  return tensor(Float32Array.from(points), { shape: [points.length / width, width] });
}

/** Normal draws as rows of length 1, float32, the same in every run. */
export function unitRows(n: number, d: number, seed: number): Tensor {
  const x = normal([n, d], seed);
  return x.div(x.norm(2, [1], { keepdim: true })).to('float32');
}

/** Cosines of all pairs, by plain loops. */
export function cosinesOf(x: Tensor): number[][] {
  const [n, d] = x.shape as [number, number];
  const values = x.data() as Float32Array;
  const cosine = (i: number, j: number) => {
    let sum = 0;
    for (let at = 0; at < d; at++) sum += (values[i * d + at] as number) * (values[j * d + at] as number);
    return sum;
  };
  return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => cosine(i, j)));
}

/** Whether two ways of numbering say the same: numbers below 0 are of none in both. */
export function isSamePartition(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  const [there, back] = [new Map<number, number>(), new Map<number, number>()];
  return Array.from(a, (own, i) => {
    const other = b[i] as number;
    if (own < 0 || other < 0) return own < 0 && other < 0;
    if (!there.has(own)) there.set(own, other);
    if (!back.has(other)) back.set(other, own);
    return there.get(own) === other && back.get(other) === own;
  }).every(Boolean);
}
