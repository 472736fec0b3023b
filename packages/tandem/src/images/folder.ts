import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { checkNumber, isHidden, isImage } from './formats.js';
import type { Skipped } from './imageset.js';
import { type Source, sourceOf } from './source.js';

/** How a folder is gone through. */
export interface FolderOptions {
  /** Called now and then with the number of files seen so far. */
  readonly onFound?: (files: number) => void;
  /** Which of the folders below to enter, by their path with `/`; all unless given. */
  readonly enters?: (path: string) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A folder and everything below it. Links are followed, also two to one folder, but not in circles; hidden files and folders are passed over.
 * What is named like an image but cannot be read as one is among the source's faults.
 *
 * @throws UserError where the folder itself cannot be read
 */
export async function openFolder(where: string, { onFound, enters, signal }: FolderOptions = {}): Promise<Source> {
  const files: string[] = [];
  const faults: Skipped[] = [];
  let folders = 0;
  /** @param around the real paths of the folders around this one: a link to one of them is a circle */
  const walk = async (below: string, around: readonly string[]): Promise<void> => {
    signal?.throwIfAborted();
    const folder = join(where, below);
    const real = await realpath(folder);
    if (around.includes(real)) return;
    folders++;
    const before = files.length;
    for (const entry of await list(folder)) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (isHidden(entry.name)) continue;
      const kind = entry.isSymbolicLink() ? await linked(join(where, path)) : entry;
      if (kind instanceof Error) {
        if (isImage(path)) faults.push({ file: path, reason: linkFault(kind) });
      } else if (kind.isFile()) {
        files.push(path);
      } else if (!kind.isDirectory()) {
        if (isImage(path)) faults.push({ file: path, reason: 'neither a file nor a folder' });
      } else if (!enters || enters(path)) {
        await walk(path, [...around, real]).catch((error) => {
          if (!(error as NodeJS.ErrnoException).code) throw error;
          faults.push({
            file: path,
            reason: `a folder that cannot be read (${(error as NodeJS.ErrnoException).code})`,
          });
        });
      }
    }
    if (isImage(below) && files.length === before) faults.push({ file: below, reason: 'an empty folder, not a file' });
    onFound?.(files.length);
    checkNumber(where, files.length + folders);
  };
  await walk('', []).catch((error) => {
    const { code } = error as NodeJS.ErrnoException;
    throw code ? new UserError(`${where}: cannot be read (${code})`, { cause: error }) : error;
  });
  return {
    ...sourceOf(basename(resolve(where)), where, files),
    faults,
    origins: (wanted) => wanted.map((path) => join(where, path)),
    async *contents(wanted) {
      for (const [index, path] of wanted.entries()) yield { index, input: join(where, path) };
    },
  };
}

async function list(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What a link points to, or why there is nothing. */
function linked(path: string): Promise<Pick<Dirent, 'isDirectory' | 'isFile'> | Error> {
  return stat(path).catch((error: Error) => error);
}

function linkFault(error: NodeJS.ErrnoException): string {
  return error.code === 'ELOOP' ? 'a link that leads in a circle' : `a link that leads nowhere (${error.code})`;
}
