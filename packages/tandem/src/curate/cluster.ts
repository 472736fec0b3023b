import { scope, type Tensor } from 'tandem-torch';
import { UsageError, UserError } from '../errors.js';
import { kMeans } from '../evaluate/clusters/k-means.js';
import { membersOf, take } from '../evaluate/clusters/rows.js';
import { clusterScores, type JobHooks } from '../evaluate/index.js';
import type { SkippedFile } from '../images/index.js';
import { hdbscan } from './hdbscan.js';
import { type CurateOptions, type Picture, vectorsOf, withRows } from './vectors.js';

/** How pictures are divided. */
export const clusterings = ['k-means', 'hdbscan'] as const;

/** How many clusters there are to be, or how large they are at least. */
export interface ClusterOptions extends CurateOptions {
  /** Defaults to k-means. */
  readonly by?: (typeof clusterings)[number] | undefined;
  /** Clusters of k-means; defaults to 20, or to all pictures where there are fewer. */
  readonly k?: number | undefined;
  /** Pictures of a cluster of HDBSCAN, at least; defaults to 10. */
  readonly leastSize?: number | undefined;
  /** Of k-means; defaults to 0. */
  readonly seed?: number | undefined;
}

/** A picture in a cluster. */
export interface ClusterMember extends Picture {
  /** 1 - cosine to the mean of the cluster. */
  readonly distance: number;
}

/** What `clusterImages` found. */
export interface Clustering {
  /** The encoder's file. */
  readonly encoder: string;
  /** How they were found. */
  readonly by: (typeof clusterings)[number];
  /** The largest first; in each the pictures nearest its mean first. */
  readonly clusters: readonly (readonly ClusterMember[])[];
  /** Pictures in no cluster. */
  readonly rest: readonly Picture[];
  /** Mean silhouette by cosine, of at most 5000 pictures; none where there are not two clusters. */
  readonly silhouette?: number | undefined;
  /** Files that were not looked at, with the reason. */
  readonly skipped: readonly SkippedFile[];
}

/** Pictures whose silhouette is measured: the time grows with their square. */
const mostMeasured = 5000;
/** HDBSCAN looks at each pair of pictures one after another. */
const mostByDensity = 30_000;

/** Of k-means. */
export const defaultClusters = 20;
/** Of HDBSCAN. */
export const defaultLeastSize = 10;

/**
 * Divides pictures into clusters by their features: by k-means on vectors of length 1, or by
 * HDBSCAN, which finds the number of clusters and leaves out what belongs to none.
 * @throws UserError where there is no such encoder, too many pictures cannot be read, or there are
 * too few or, for HDBSCAN, too many
 */
export async function clusterImages(options: ClusterOptions, hooks: JobHooks = {}): Promise<Clustering> {
  const { by = 'k-means', leastSize = defaultLeastSize, seed = 0 } = options;
  if (leastSize < 2) throw new UsageError(`--least-size must be at least 2, got ${leastSize}`);
  const vectors = await vectorsOf(options, Math.max(2, options.k ?? 2), hooks);
  const { encoder, pictures, skipped } = vectors;
  const n = pictures.length;
  if (by === 'hdbscan' && n > mostByDensity) {
    throw new UserError(
      `HDBSCAN is for up to ${mostByDensity.toLocaleString('en')} pictures, there are ${n.toLocaleString('en')}; divide them with --k`,
    );
  }
  const k = options.k ?? Math.min(defaultClusters, n);
  return withRows(vectors, async (x) => {
    const labels = by === 'hdbscan' ? await hdbscan(x, leastSize, hooks) : (await kMeans(x, k, { seed }, hooks)).labels;
    const inSome = [...labels.keys()].filter((i) => (labels[i] as number) >= 0);
    const clusters = membersOf(labels)
      .sort((a, b) => b.length - a.length || (a[0] as number) - (b[0] as number))
      .map((members) => fromTheMiddle(x, members).map(({ index, distance }) => ({ ...at(index), distance })));
    const rest = [...labels.keys()].filter((i) => (labels[i] as number) < 0).map(at);
    hooks.onNote?.('measuring');
    return { encoder, by, clusters, rest, silhouette: silhouetteOf(x, labels, inSome), skipped };
  });

  function at(index: number): Picture {
    return pictures[index] as Picture;
  }
}

/** The members of a cluster with their distance from its mean, the nearest first. */
function fromTheMiddle(x: Tensor, members: readonly number[]): { index: number; distance: number }[] {
  const cosines = scope(() => {
    const rows = take(x, members);
    const middle = rows.mean([0]);
    return rows
      .mv(middle.div(middle.norm().clampMin(1e-12)))
      .to('cpu')
      .data();
  });
  return members
    .map((index, i) => ({ index, distance: Math.max(0, 1 - (cosines[i] as number)) }))
    .sort((a, b) => a.distance - b.distance || a.index - b.index);
}

function silhouetteOf(x: Tensor, labels: Int32Array, inSome: readonly number[]): number | undefined {
  const share = Math.max(1, inSome.length / mostMeasured);
  const measured = Array.from({ length: Math.floor(inSome.length / share) }, (_, i) => inSome[Math.floor(i * share)]);
  const rows = measured.filter((i) => i !== undefined);
  const own = Int32Array.from(rows, (i) => labels[i] as number);
  if (new Set(own).size < 2) return undefined;
  return scope(() => clusterScores(take(x, rows), own, 'cosine').silhouette);
}
