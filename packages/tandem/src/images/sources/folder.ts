import type { Dirent } from 'node:fs';
import { open, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { shellWord } from '../../errors.js';
import { isOfTheDisk, unreadable } from '../../files/system-error.js';
import type { SkippedFile } from '../set/image-set.js';
import { ahead } from './ahead.js';
import { checkNumber, headBytes, isHidden, isImage, lacksEnding, looksLikeImage } from './formats.js';
import { type FilePath, list } from './listing.js';
import { type Encoded, type Source, sourceOf } from './source.js';

/** How a folder is gone through. */
export interface FolderOptions {
  /** Called now and then with the number of files seen so far. */
  readonly onFound?: (files: number) => void;
  /** Which of the folders below to enter, by their path with `/`; default all. */
  readonly enters?: (path: string) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A folder and everything below it. Links are followed, also two to one folder, but not in circles;
 * hidden files and folders are passed over. What is named like an image but cannot be read as one
 * is among the source's faults. Names that are not UTF-8 are shown with escapes.
 *
 * @throws UserError where the folder itself cannot be read
 */
export async function openFolder(where: string, options: FolderOptions = {}): Promise<Source> {
  const { files, faults, bytePaths } = await survey(where, options).catch((error) => {
    throw unreadable(where, error);
  });
  const onDisk = (path: string) => bytePaths.get(path) ?? join(where, path);
  const images = await imagesByContent(files.filter(lacksEnding), onDisk);
  const source = sourceOf(basename(resolve(where)), where, files, images);
  const closed = faults.filter(({ reason }) => reason.startsWith(closedFolder));
  return {
    ...source,
    faults,
    notes: [...closed.map(({ file, reason }) => closedNote(join(where, file), reason)), ...source.notes],
    origins: (paths) => paths.map(onDisk),
    async *contents(paths) {
      for (const [index, path] of paths.entries()) {
        const bytePath = bytePaths.get(path);
        yield { index, ...(bytePath === undefined ? { input: join(where, path) } : await contentOf(bytePath)) };
      }
    },
  };
}

/** Begins the reason of a folder that may not be entered. */
const closedFolder = 'a folder that cannot be read';

function closedNote(folder: string, reason: string): string {
  const cure = reason.includes('EACCES') ? `; to use them: chmod -R u+rX ${shellWord(folder)}` : '';
  return `${folder} is ${reason}: whatever images it holds are missing${cure}`;
}

/** Files looked into at once. */
const looks = 32;

/** Which of some files are images by their first bytes. */
async function imagesByContent(paths: readonly string[], onDisk: (path: string) => FilePath): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const path of ahead(paths, looks, async (path) => ((await beginsAsImage(onDisk(path))) ? path : ''))) {
    if (path !== '') found.add(path);
  }
  return found;
}

async function beginsAsImage(file: FilePath): Promise<boolean> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return false;
  try {
    const head = new Uint8Array(headBytes);
    const { bytesRead } = await handle.read(head);
    return looksLikeImage(head.subarray(0, bytesRead));
  } catch {
    return false;
  } finally {
    await handle.close();
  }
}

/** What a folder holds. */
interface Survey {
  readonly files: string[];
  readonly faults: SkippedFile[];
  /** The paths on disk of files that no text leads to. */
  readonly bytePaths: Map<string, Buffer>;
}

async function survey(where: string, { onFound, enters, signal }: FolderOptions): Promise<Survey> {
  const files: string[] = [];
  const faults: SkippedFile[] = [];
  const bytePaths = new Map<string, Buffer>();
  let folders = 0;
  /**
   * @param around the real paths of the folders around this one: a link to one of them is a circle
   */
  const walk = async (folder: FilePath, below: string, around: readonly string[]): Promise<void> => {
    signal?.throwIfAborted();
    const real = (await realpath(folder, 'buffer')).toString('latin1');
    if (around.includes(real)) return;
    folders++;
    const before = files.length;
    for (const own of await list(folder)) {
      const { name } = own;
      const path = below === '' ? name : `${below}/${name}`;
      if (isHidden(name)) continue;
      const onDisk = () => own.onDisk ?? join(String(folder), name);
      const type = own.isSymbolicLink() ? await linked(onDisk()) : own;
      if (type instanceof Error) {
        if (isImage(path)) faults.push({ file: path, reason: linkFault(type) });
      } else if (type.isFile()) {
        files.push(path);
        if (own.onDisk instanceof Buffer) bytePaths.set(path, own.onDisk);
      } else if (!type.isDirectory()) {
        if (isImage(path)) faults.push({ file: path, reason: 'neither a file nor a folder' });
      } else if (!enters || enters(path)) {
        await walk(onDisk(), path, [...around, real]).catch((error) => {
          if (!isOfTheDisk(error)) throw error;
          faults.push({ file: path, reason: `${closedFolder} (${error.code})` });
        });
      }
    }
    if (isImage(below) && files.length === before) faults.push({ file: below, reason: 'an empty folder, not a file' });
    onFound?.(files.length);
    checkNumber(where, files.length + folders);
  };
  await walk(join(where), '', []);
  return { files, faults, bytePaths };
}

/** What a file holds whose path the decoder would not take. */
function contentOf(path: Buffer): Promise<Encoded> {
  return readFile(path).then(
    (input) => ({ input }),
    (error: NodeJS.ErrnoException) => ({ reason: `cannot be read (${error.code})` }),
  );
}

/** What a link points to, or why there is nothing. */
function linked(path: FilePath): Promise<Pick<Dirent, 'isDirectory' | 'isFile'> | Error> {
  return stat(path).catch((error: Error) => error);
}

function linkFault(error: NodeJS.ErrnoException): string {
  return error.code === 'ELOOP' ? 'a link that leads in a circle' : `a link that leads nowhere (${error.code})`;
}
