import { scope, type Tensor } from 'tandem-torch';
import type { ImageSet } from '../../images/index.js';
import { kMeans } from '../clusters/k-means.js';
import { membersOf } from '../clusters/rows.js';
import type { JobHooks } from '../hooks.js';
import { classNames, type LabelledSet } from '../labels.js';

/** Clusters where no number is asked for. */
const usualClusters = 8;

/** What points are coloured by, and judged by. */
export interface Colours {
  readonly labels: Int32Array;
  /** Their names. */
  readonly classes: readonly string[];
  /** How many clusters they are, where they are no classes. */
  readonly clusters?: number;
}

/**
 * The classes of the images; or else, where there are not two or clusters are asked for, clusters
 * by k-means of their features, the largest first.
 * @param x [n, d], rows of length 1
 */
export async function coloursOf(
  x: Tensor,
  set: ImageSet,
  asked: number | undefined,
  hooks: JobHooks,
): Promise<Colours> {
  if (asked === undefined && hasClasses(set)) return { labels: set.labels, classes: classNames(set) };
  const clusters = Math.max(2, Math.min(asked ?? usualClusters, Math.floor(set.count / 2)));
  const wide = scope(() => x.to('float32').keep());
  try {
    const groups = membersOf((await kMeans(wide, clusters, {}, hooks)).labels);
    const labels = new Int32Array(set.count);
    const ordered = groups.sort((a, b) => b.length - a.length || (a[0] as number) - (b[0] as number));
    for (const [label, members] of ordered.entries()) for (const i of members) labels[i] = label;
    return { labels, classes: ordered.map((_, i) => `cluster ${i + 1}`), clusters };
  } finally {
    wide.dispose();
  }
}

function hasClasses(set: ImageSet): set is LabelledSet {
  return set.labels?.some((label) => label !== set.labels?.[0]) === true && set.labels.every((label) => label >= 0);
}
