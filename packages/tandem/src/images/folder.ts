import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { isHidden } from './formats.js';
import { type Source, sourceOf } from './source.js';

/**
 * A folder and everything below it. Links are followed, but not in circles; hidden files and folders are passed over.
 *
 * @param onFound called now and then with the number of files seen so far
 * @throws UserError where a folder cannot be read
 */
export async function openFolder(
  where: string,
  onFound?: (files: number) => void,
  signal?: AbortSignal,
): Promise<Source> {
  const files: string[] = [];
  const seen = new Set<string>();
  const walk = async (below: string): Promise<void> => {
    signal?.throwIfAborted();
    const folder = join(where, below);
    const real = await realpath(folder).catch((error) => {
      throw unreadable(folder, error);
    });
    if (seen.has(real)) return;
    seen.add(real);
    for (const entry of await list(folder)) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (isHidden(entry.name)) continue;
      const kind = entry.isSymbolicLink() ? await linked(join(where, path)) : entry;
      if (kind.isDirectory()) await walk(path);
      else if (kind.isFile()) files.push(path);
    }
    onFound?.(files.length);
  };
  await walk('');
  return {
    ...sourceOf(basename(resolve(where)), where, files),
    async *contents(wanted) {
      for (const [index, path] of wanted.entries()) yield { index, input: join(where, path) };
    },
  };
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw unreadable(folder, error);
  }
}

function unreadable(folder: string, error: unknown): UserError {
  return new UserError(`${folder}: cannot be read (${(error as NodeJS.ErrnoException).code})`, { cause: error });
}

/** What a link points to; one that points nowhere is left to the decoder, which reports the file as missing. */
async function linked(path: string): Promise<Pick<Dirent, 'isDirectory' | 'isFile'>> {
  return stat(path).catch(() => ({ isDirectory: () => false, isFile: () => true }));
}
