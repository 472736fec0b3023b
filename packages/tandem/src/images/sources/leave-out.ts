import { UserError } from '../../errors.js';
import { readRegular } from '../../files/regular.js';
import { unreadable } from '../../files/system-error.js';
import type { Source } from './source.js';

/**
 * A source without the images that a list names, a path a line, as `tandem check --out` writes
 * them.
 * @throws UserError where there is no such list, or it names nothing that is there
 */
export function withoutListed(source: Source, list: string | undefined): Source {
  if (list === undefined) return source;
  const listed = new Set(linesOf(list));
  const kept = source.paths.filter((path) => !listed.has(path));
  const count = source.paths.length - kept.length;
  if (count === 0) throw new UserError(`leaveOut: none of the ${listed.size} paths in ${list} is in ${source.where}`);
  return {
    ...source,
    paths: kept,
    faults: source.faults.filter(({ file }) => !listed.has(file)),
    notes: [...source.notes, `${count} of ${source.paths.length} images are left out, as ${list} says`],
  };
}

function linesOf(list: string): string[] {
  try {
    return readRegular(list)
      .toString()
      .split('\n')
      .map((line) => line.replace(/\r$/, ''))
      .filter((line) => line !== '');
  } catch (error) {
    throw unreadable(`leaveOut: ${list}`, error);
  }
}
