import type { JobHooks } from '../evaluate/index.js';
import { contactSheet } from './contact-sheet.js';
import { writeFindings } from './findings.js';
import type { Outliers } from './outliers.js';
import type { CurateOptions } from './vectors.js';

/**
 * Writes the ranking to a new folder: `outliers.txt` (the first n, for `leaveOut=`), `ranking.csv`
 * and `ranking.jsonl` (all pictures), and `outliers.html`.
 * @returns the files
 */
export async function writeOutliers(
  folder: string,
  n: number,
  { ranked, k }: Outliers,
  options: CurateOptions,
  hooks: JobHooks = {},
): Promise<string[]> {
  const first = ranked.slice(0, n);
  const page = await contactSheet(
    {
      title: `Outliers in ${options.images}`,
      about: `Those of ${ranked.length.toLocaleString('en')} pictures that are least like their ${k} nearest, by the mean distance (1 - cosine) of their features.`,
      sections: [
        {
          title: `The first ${first.length}`,
          pictures: first.map(({ file, class: own, distance }) => ({
            file,
            note: [`distance ${distance.toFixed(3)}`, ...(own === undefined ? [] : [own])].join(', '),
          })),
        },
      ],
    },
    options,
    hooks,
  );
  return writeFindings(folder, {
    lists: { 'outliers.txt': first.map(({ file }) => file) },
    tables: {
      ranking: ranked.map(({ file, class: own, distance }) => ({
        ...{ file, class: own, distance: Number(distance.toPrecision(7)) },
      })),
    },
    others: { 'outliers.html': page },
  });
}
