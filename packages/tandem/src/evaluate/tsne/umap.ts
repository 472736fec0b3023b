import { noGrad, scope, type Tensor } from 'tandem-torch';
import { UserError } from '../../errors.js';
import { stream } from '../../random.js';
import { nearest } from '../knn/nearest.js';

/** What decides how a map comes out; the other settings are those of the usual implementations. */
export interface UmapSettings {
  /** Neighbours of a point that count, itself among them; from 2 to less than the points. */
  readonly neighbours: number;
  /** Points begin at random places. */
  readonly seed: number;
}

/** Those of the usual implementations. */
export const umapDefaults: UmapSettings = { neighbours: 15, seed: 0 };

/** Rows whose neighbours are looked for at a time. */
const block = 512;

/**
 * Lays points out in the plane by UMAP (McInnes, Healy and Melville, 2018), by `umap-js`, which
 * gets exact neighbours. The same seed gives the same map.
 * @param x [n, d], rows of length 1, compared by 1 - cosine
 * @returns x and y of each point, one after another
 * @throws UserError where umap-js is not installed, or there are no more points than neighbours
 */
export async function umap(
  x: Tensor,
  { neighbours, seed }: UmapSettings,
  onProgress?: (done: number, total: number) => void,
): Promise<Float64Array> {
  const n = x.shape[0] as number;
  if (!(neighbours >= 2 && neighbours < n)) {
    throw new UserError(`UMAP of ${n} points needs from 2 to ${n - 1} neighbours, not ${neighbours}`);
  }
  const { UMAP } = await import('umap-js').catch(() => {
    throw new UserError('UMAP is drawn with umap-js, which is not installed: npm install umap-js');
  });
  const random = stream(seed);
  const map = new UMAP({ nNeighbors: neighbours, random: () => random.next() });
  const { indices, distances } = neighboursOf(x, neighbours);
  map.setPrecomputedKNN(indices, distances);
  // Of the points themselves it needs no more than their number then.
  const epochs = map.initializeFit(indices);
  for (let epoch = 0; epoch < epochs; epoch++) {
    map.step();
    onProgress?.(epoch + 1, epochs);
  }
  return Float64Array.from(map.getEmbedding().flat());
}

/** Of each row its nearest rows, itself the first, and 1 - cosine to each. */
function neighboursOf(x: Tensor, k: number): { indices: number[][]; distances: number[][] } {
  const n = x.shape[0] as number;
  const [indices, distances]: [number[][], number[][]] = [[], []];
  for (let from = 0; from < n; from += block) {
    scope(() =>
      noGrad(() => {
        const rows = Math.min(block, n - from);
        const cosines = x.narrow(0, from, rows).mm(x.t());
        // Of rows that are equal each is to be its own first neighbour.
        cosines.narrow(1, from, rows).fillDiagonal_(2);
        const found = nearest(cosines.to('cpu'), k);
        for (let row = 0; row < rows; row++) {
          const own = [row * k, (row + 1) * k] as const;
          indices.push(Array.from(found.indices.subarray(...own)));
          distances.push(Array.from(found.values.subarray(...own), Number).map((cosine) => Math.max(0, 1 - cosine)));
        }
      }),
    );
  }
  return { indices, distances };
}
