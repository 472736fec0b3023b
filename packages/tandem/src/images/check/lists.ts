import { join } from 'node:path';
import { makeFolder } from '../../files/make-folder.js';
import { writeNew } from '../../files/write-whole.js';
import type { ImageCheck } from './check.js';

/**
 * Writes a list for each kind of suspicious picture, a path a line: `leaveOut=` takes such a list.
 * Of copies and of pictures that look alike all but the first are named.
 *
 * @returns the files, with how many paths each has; kinds of which there is none have no file
 */
export async function writeLists(folder: string, check: ImageCheck): Promise<Readonly<Record<string, number>>> {
  const later = (groups: readonly (readonly string[])[]) => groups.flatMap((group) => group.slice(1));
  const lists: Readonly<Record<string, readonly string[]>> = {
    'unreadable.txt': check.skipped.map(({ file }) => file),
    'constant.txt': check.constant,
    'blank.txt': check.blank,
    'duplicates.txt': later(check.duplicates),
    'lookalikes.txt': later(check.lookalikes),
    'test-in-train.txt': check.leaks.map(({ train }) => train),
  };
  makeFolder(folder);
  const written: Record<string, number> = {};
  for (const [name, paths] of Object.entries(lists)) {
    if (paths.length === 0) continue;
    const unique = [...new Set(paths)];
    writeNew([join(folder, name), unique.map((path) => `${path}\n`).join('')]);
    written[name] = unique.length;
  }
  return written;
}
