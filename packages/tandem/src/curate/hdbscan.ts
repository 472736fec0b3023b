import { setImmediate } from 'node:timers/promises';
import { noGrad, scope, type Tensor } from 'tandem-torch';
import type { JobHooks } from '../evaluate/index.js';
import { type Cluster, condense, type Edge, merge, selectStable } from './hierarchy.js';
import { euclideanDistance, kthDistances } from './neighbours.js';

/**
 * HDBSCAN (Campello, Moulavi and Sander, 2013): clusters of rows that lie densely, of any shape and
 * number; rows between them belong to none.
 *
 * Its steps: distances are at least the distance of either row to its `leastRows`-th nearest,
 * itself among them, which pushes rows in sparse places apart; a minimum spanning tree of these;
 * the hierarchy that its edges make, shortest first, in which parts of less than `leastRows` are no
 * clusters; and of that hierarchy the clusters that last longest.
 * @param x [n, d], rows of length 1 @param leastRows of a cluster, at least 2
 * @returns the cluster of each row, -1 for none
 */
export async function hdbscan(x: Tensor, leastRows: number, hooks: JobHooks = {}): Promise<Int32Array> {
  const cores = await kthDistances(x, leastRows - 1, euclideanDistance, hooks);
  const tree = await spanningTree(x, cores, hooks);
  const clusters = condense(merge(tree), leastRows);
  return labelsOf(clusters, selectStable(clusters), cores.length);
}

/** Prim's algorithm (1957): each time the nearest row that is not in the tree yet. */
async function spanningTree(x: Tensor, cores: Float64Array, hooks: JobHooks): Promise<Edge[]> {
  const n = cores.length;
  const edges: Edge[] = [];
  /** Of each row outside the tree the distance to the nearest inside; of those inside infinite. */
  const distances = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const from = new Int32Array(n);
  const isInside = new Uint8Array(n);
  for (let newest = 0; edges.length < n - 1; ) {
    isInside[newest] = 1;
    const cosines = scope(() => noGrad(() => x.mv(x.select(0, newest)).to('cpu').data()));
    let [next, least] = [-1, Number.POSITIVE_INFINITY];
    for (let i = 0; i < n; i++) {
      if (isInside[i]) continue;
      const apart = euclideanDistance(cosines[i] as number);
      const reach = Math.max(apart, cores[newest] as number, cores[i] as number);
      if (reach < (distances[i] as number)) {
        distances[i] = reach;
        from[i] = newest;
      }
      if ((distances[i] as number) < least) [next, least] = [i, distances[i] as number];
    }
    edges.push({ a: from[next] as number, b: next, distance: least });
    newest = next;
    if (edges.length % 256 !== 0) continue;
    hooks.onProgress?.(edges.length, n - 1, 'spanning tree');
    await setImmediate();
    hooks.signal?.throwIfAborted();
  }
  return edges;
}

/** A row belongs to the selected cluster that it was in last, or that holds that one. */
function labelsOf(clusters: readonly Cluster[], selected: readonly boolean[], n: number): Int32Array {
  const labels = new Int32Array(n).fill(-1);
  const numbers: number[] = [];
  let next = 0;
  for (const [i, { parent, rows }] of clusters.entries()) {
    numbers[i] = selected[i] ? next++ : parent === undefined ? -1 : (numbers[parent] as number);
    for (const row of rows) labels[row] = numbers[i] as number;
  }
  return labels;
}
