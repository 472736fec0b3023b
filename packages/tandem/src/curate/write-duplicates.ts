import type { JobHooks } from '../evaluate/index.js';
import { percent } from '../math.js';
import { contactSheet } from './contact-sheet.js';
import type { Duplicate, Duplicates } from './duplicates.js';
import { writeFindings } from './findings.js';
import type { CurateOptions } from './vectors.js';

/**
 * Writes near-duplicates to a new folder: `leave-out.txt` (all but the kept ones, for `leaveOut=`),
 * `groups.csv`, `groups.jsonl` and `duplicates.html`.
 * @returns the files
 */
export async function writeDuplicates(
  folder: string,
  { groups, threshold }: Duplicates,
  options: CurateOptions,
  hooks: JobHooks = {},
): Promise<string[]> {
  const page = await contactSheet(
    {
      title: `Near-duplicates in ${options.images}`,
      about: `Groups of pictures whose features have a cosine of ${threshold} or more with those of the first, which is the one to keep.`,
      sections: groups.map((group, i) => ({
        title: `Group ${i + 1}: ${group.length} pictures`,
        pictures: group.map((one, j) => ({ file: one.file, note: noteOn(one, j === 0) })),
      })),
    },
    options,
    hooks,
  );
  return writeFindings(folder, {
    lists: { 'leave-out.txt': groups.flatMap((group) => group.slice(1).map(({ file }) => file)) },
    tables: { groups: groups.flatMap((group, i) => group.map((one, j) => lineOf(one, i + 1, j === 0))) },
    others: { 'duplicates.html': page },
  });
}

function lineOf({ file, class: own, similarity, isCopy, width, height }: Duplicate, group: number, kept: boolean) {
  return {
    ...{ group, file, class: own, kept, similarity: Number(similarity.toFixed(6)) },
    ...{ copy: isCopy, width, height },
  };
}

function noteOn({ class: own, similarity, isCopy, width, height }: Duplicate, kept: boolean): string {
  const alike = isCopy ? 'the same file' : `${percent(similarity, 1)} alike`;
  return [kept ? 'kept' : alike, ...(own === undefined ? [] : [own]), ...(width ? [`${width} x ${height}`] : [])].join(
    ', ',
  );
}
