import { scope, type Tensor } from 'tandem-torch';
import { kMeans } from '../evaluate/clusters/k-means.js';
import { membersOf, take } from '../evaluate/clusters/rows.js';
import type { JobHooks } from '../evaluate/index.js';
import { euclideanDistance, meanDistances } from './neighbours.js';

/** Most clusters, neighbours that count, and rows that a cluster must have to be chosen from. */
const [mostClusters, neighbours, leastRows] = [500, 20, 5] as const;

/**
 * TypiClust (Hacohen, Dekel and Weinshall, 2022), as it begins without labels: as many clusters by
 * k-means as rows are wanted, at most 500, and of each, the largest first, the most typical row:
 * the one with the least mean distance to its 20 nearest in the cluster. Where more are wanted,
 * each cluster gives its next one. Small clusters are passed over while there are others.
 * @param x [n, d], rows of length 1 @param count from 1 to n
 * @returns numbers of rows, in the order in which they were chosen
 */
export async function mostTypical(x: Tensor, count: number, seed: number, hooks: JobHooks = {}): Promise<number[]> {
  const { labels } = await kMeans(x, Math.min(count, mostClusters), { seed }, hooks);
  const clusters = membersOf(labels).sort((a, b) => b.length - a.length);
  const ranked: number[][] = [];
  for (const [i, members] of clusters.entries()) {
    ranked.push(await byTypicality(x, members));
    hooks.onProgress?.(i + 1, clusters.length, 'clusters');
    hooks.signal?.throwIfAborted();
  }
  const large = ranked.filter(({ length }) => length >= leastRows);
  const small = ranked.filter(({ length }) => length < leastRows);
  return [...inTurns(large), ...inTurns(small)].slice(0, count);
}

async function byTypicality(x: Tensor, members: readonly number[]): Promise<number[]> {
  if (members.length < 2) return [...members];
  const rows = scope(() => take(x, members).keep());
  try {
    const means = await meanDistances(rows, neighbours, euclideanDistance);
    const order = [...members.keys()].sort((a, b) => (means[a] as number) - (means[b] as number) || a - b);
    return order.map((i) => members[i] as number);
  } finally {
    rows.dispose();
  }
}

/** The first of each list, then the second of each, and so on. */
function inTurns(lists: readonly (readonly number[])[]): number[] {
  const longest = lists.reduce((most, { length }) => Math.max(most, length), 0);
  return Array.from({ length: longest }, (_, turn) => lists.flatMap((list) => list[turn] ?? [])).flat();
}
