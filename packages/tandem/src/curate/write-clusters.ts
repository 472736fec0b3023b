import type { JobHooks } from '../evaluate/index.js';
import type { Clustering } from './cluster.js';
import { contactSheet, type Section } from './contact-sheet.js';
import { writeFindings } from './findings.js';
import type { CurateOptions, Picture } from './vectors.js';

/**
 * Writes clusters to a new folder: `clusters.csv` and `clusters.jsonl` with the cluster of each
 * picture, `cluster-1.txt` and so on with the paths of each, and `clusters.html`.
 * @returns the files
 */
export async function writeClusters(
  folder: string,
  { clusters, rest, silhouette }: Clustering,
  options: CurateOptions,
  hooks: JobHooks = {},
): Promise<string[]> {
  const quality = silhouette === undefined ? '' : ` Their mean silhouette is ${silhouette.toFixed(3)}.`;
  const page = await contactSheet(
    {
      title: `Clusters of ${options.images}`,
      about: `${clusters.length} clusters, the largest first; in each the pictures nearest its mean first.${quality}`,
      sections: [
        ...clusters.map((members, i) => sectionOf(`Cluster ${i + 1}`, members)),
        ...(rest.length > 0 ? [sectionOf('In no cluster', rest)] : []),
      ],
    },
    options,
    hooks,
  );
  return writeFindings(folder, {
    lists: Object.fromEntries(clusters.map((members, i) => [`cluster-${i + 1}.txt`, members.map(({ file }) => file)])),
    tables: {
      clusters: [
        ...clusters.flatMap((members, i) =>
          members.map(({ file, class: own, distance }) => ({
            ...{ file, class: own, cluster: i + 1, distance: Number(distance.toPrecision(7)) },
          })),
        ),
        ...rest.map(({ file, class: own }) => ({ file, class: own, cluster: undefined, distance: undefined })),
      ],
    },
    others: { 'clusters.html': page },
  });
}

function sectionOf(name: string, pictures: readonly Picture[]): Section {
  return {
    title: `${name}: ${pictures.length.toLocaleString('en')} pictures${classesIn(pictures)}`,
    pictures: pictures.map(({ file, class: own }) => ({ file, note: own ?? '' })),
  };
}

/** The three classes that most of them lie in, where they lie in any. */
function classesIn(pictures: readonly Picture[]): string {
  const counts = new Map<string, number>();
  for (const { class: own } of pictures) if (own !== undefined) counts.set(own, (counts.get(own) ?? 0) + 1);
  const first = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 3);
  return first.length === 0 ? '' : ` (${first.map(([name, count]) => `${name} ${count}`).join(', ')})`;
}
