import { realpath, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { shownBytes, UserError } from '../../errors.js';

/** What helps: training takes settings, the commands that measure take flags. */
const other = 'give another folder as cache=<folder>, or --cache <folder> where the command has that';

/**
 * Does work that writes to a cache, and says in the user's words where that cannot be.
 *
 * @throws UserError where the cache lies among the images in `source`, or cannot be written
 */
export async function writing<T>(cache: string, source: string, work: () => Promise<T>): Promise<T> {
  await checkOutside(cache, source);
  try {
    return await work();
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    const isThere = path !== undefined && (resolve(path) + sep).startsWith(resolve(cache) + sep);
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    if (error instanceof UserError || !(isFull || isThere)) throw error;
    throw new UserError(`the cache ${path ?? cache} cannot be written (${code}): ${other}`, { cause: error });
  }
}

/** What is built must not be found as images the next time. */
async function checkOutside(cache: string, source: string): Promise<void> {
  let below = '';
  for (let there = resolve(cache); ; there = dirname(there)) {
    const real = await realpath(there).catch(() => undefined);
    if (real !== undefined) {
      if (!(join(real, below) + sep).startsWith(source + sep)) return;
      throw new UserError(`the cache folder ${cache} lies among the images, in ${source}: ${other}`);
    }
    below = join(basename(there), below);
  }
}

/** @throws UserError where a folder's disk has fewer bytes free */
export async function checkSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new UserError(
    `${folder}: the decoded images take ${shownBytes(bytes)}, but only ${shownBytes(free)} are free there: ${other}`,
  );
}
