import { noGrad, scope, tensor } from 'tandem-torch';
import type { Rows } from './rows.js';

/** Images that are asked for, the nearest of each, and rows that are compared at a time. */
const [most, wanted, atATime] = [50, 10, 8192] as const;

/**
 * Of the ten nearest of some of a collection's images, the share that a quick search finds; an
 * image itself is left out.
 * @param quick names of the k nearest of a vector
 */
export function recallOf(rows: Rows, quick: (vector: Float32Array, k: number) => readonly string[]): number {
  const { live, width } = rows;
  const count = Math.min(most, live.length);
  const asked = Array.from({ length: count }, (_, i) => live[Math.floor((i * live.length) / count)]?.row ?? 0);
  const vectors = rows.vectors(asked);
  const exact = nearestRows(rows, vectors, wanted + 1);
  const shares = exact.map((nearest, i) => {
    const names = new Set(nearest.filter((row) => row !== asked[i]).map((row) => rows.at[row]?.file));
    const found = quick(vectors.subarray(i * width, (i + 1) * width), wanted + 1);
    return found.filter((name) => names.has(name)).length / Math.max(1, names.size);
  });
  return Math.min(1, shares.reduce((sum, share) => sum + share, 0) / count);
}

/**
 * Of each vector the k nearest rows, the nearest first: all are compared, in one pass.
 * @param vectors [n, width]
 */
export function nearestRows(rows: Rows, vectors: Float32Array, k: number): number[][] {
  const { live, width } = rows;
  const n = vectors.length / width;
  let best: { readonly row: number; readonly similarity: number }[][] = Array.from({ length: n }, () => []);
  for (let from = 0; from < live.length; from += atATime) {
    const some = live.slice(from, from + atATime).map(({ row }) => row);
    const each = Math.min(k, some.length);
    const { values, places } = scope(() =>
      noGrad(() => {
        const all = tensor(rows.vectors(some)).view([some.length, width]);
        const [values, places] = tensor(vectors).view([n, width]).mm(all.t()).topk(each, { dim: 1 });
        return { values: Array.from(values.data(), Number), places: Array.from(places.data(), Number) };
      }),
    );
    best = best.map((known, i) => {
      const more = Array.from({ length: each }, (_, j) => ({
        row: some[places[i * each + j] as number] as number,
        similarity: values[i * each + j] as number,
      }));
      return [...known, ...more].sort((a, b) => b.similarity - a.similarity).slice(0, k);
    });
  }
  return best.map((found) => found.map(({ row }) => row));
}
