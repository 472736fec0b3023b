import type { Command } from 'commander';
import {
  type ClusterOptions,
  clusterImages,
  clusterings,
  defaultClusters,
  defaultLeastSize,
  writeClusters,
} from '../../curate/index.js';
import { UsageError } from '../../errors.js';
import { oneOf, wholeNumber } from '../shared/arguments.js';
import { counted } from '../shared/counted.js';
import { type CurateFlags, curateCommand, curateOptions } from '../shared/curating.js';
import { tellSkipped } from '../shared/skipped.js';
import { interruptible } from '../terminal/interruptible.js';
import { print, printJson } from '../terminal/print.js';

interface Flags extends CurateFlags {
  by: NonNullable<ClusterOptions['by']>;
  k?: number;
  leastSize?: number;
  seed: number;
}

/** `tandem cluster <run|encoder> <images>`: pictures in groups that are alike. */
export function clusterCommand(): Command {
  return curateCommand('cluster', 'the cluster of each picture as CSV and JSONL, a list of each, and a page')
    .option('--by <what>', clusterings.join(' or '), oneOf('--by', clusterings), clusterings[0])
    .option('--k <n>', `clusters of k-means (default: ${defaultClusters})`, wholeNumber('--k'))
    .option(
      '--least-size <n>',
      `pictures that a cluster of hdbscan has at least (default: ${defaultLeastSize})`,
      wholeNumber('--least-size', 2),
    )
    .option('--seed <n>', 'of k-means; the same gives the same', wholeNumber('--seed', 0), 0)
    .action(run);
}

async function run(encoder: string, images: string, flags: Flags): Promise<void> {
  const { out, by, k, leastSize, seed, json } = flags;
  if (by === 'hdbscan' && k !== undefined) throw new UsageError('--k is of k-means: hdbscan finds the number itself');
  if (by === 'k-means' && leastSize !== undefined) throw new UsageError('--least-size is of hdbscan, not of k-means');
  const options = { ...curateOptions(encoder, images, flags), by, k, leastSize, seed };
  const { found, files } = await interruptible('cluster', 'stopping', async (hooks) => {
    const found = await clusterImages(options, hooks);
    return { found, files: out === undefined ? [] : await writeClusters(out, found, options, hooks) };
  });
  const { clusters, rest, silhouette, skipped } = found;
  tellSkipped(skipped, out);
  const inSome = clusters.reduce((sum, { length }) => sum + length, 0);
  if (json) {
    const settings =
      by === 'k-means' ? { by, k: clusters.length, seed } : { by, leastSize: leastSize ?? defaultLeastSize };
    const result = { images: inSome + rest.length, ...(silhouette !== undefined && { silhouette }) };
    const about = { command: 'cluster', encoder: found.encoder, images, settings };
    return printJson({ ...about, result: { ...result, skipped: skipped.length, clusters, rest }, files });
  }
  print(
    `${counted(inSome, 'picture')} in ${counted(clusters.length, 'cluster')}${rest.length > 0 ? `, ${rest.length} in none` : ''}`,
    ...(silhouette === undefined ? [] : [`silhouette ${silhouette.toFixed(3)}`]),
    ...clusters.map((members, i) => `${i + 1}: ${members.length}, such as ${members[0]?.file}`),
    files.length > 0 ? `${files[0]}, ... in ${out}` : 'with --out FOLDER: lists, a table and a page',
  );
}
