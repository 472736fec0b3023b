import { realpath, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { shownBytes, UserError } from '../../errors.js';

/**
 * What is built must not be found as images the next time.
 *
 * @throws UserError where a cache would lie among the images it is of
 */
export async function checkPlace(folder: string, source: string): Promise<void> {
  let below = '';
  for (let there = resolve(folder); ; there = dirname(there)) {
    const real = await realpath(there).catch(() => undefined);
    if (real !== undefined) {
      if (!(join(real, below) + sep).startsWith(source + sep)) return;
      throw new UserError(`the cache folder ${folder} lies among the images, in ${source}: ${OTHER}`);
    }
    below = join(basename(there), below);
  }
}

/** What helps: training takes settings, the commands that measure take flags. */
const OTHER = 'give another folder as cache=<folder>, or --cache <folder> where the command has that';

/** @throws UserError where a folder's disk has no room for so many bytes */
export async function checkRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new UserError(
    `${folder}: the decoded images take ${shownBytes(bytes)}, but only ${shownBytes(free)} are free there: ${OTHER}`,
  );
}

/** What cannot be written to a cache, in the user's words; any other error as it is. */
export function explain(folder: string, error: unknown): unknown {
  const { code, path } = error as NodeJS.ErrnoException;
  const isThere = path !== undefined && (resolve(path) + sep).startsWith(resolve(folder) + sep);
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  if (error instanceof UserError || !(isFull || isThere)) return error;
  return new UserError(`the cache ${path ?? folder} cannot be written (${code}): ${OTHER}`, {
    cause: error,
  });
}
