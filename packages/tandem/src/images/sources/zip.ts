import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from 'yauzl';
import { UserError } from '../../errors.js';
import type { SkippedFile } from '../set/image-set.js';
import { archiveName } from './archive.js';
import { checkNumber, isHidden, isImage, isSafe, lacksEnding, maxFile } from './formats.js';
import { type Encoded, type Source, sourceOf } from './source.js';
import { entryBytes } from './zip-entry.js';

/** The type of a file, in the upper half of what Unix zips call external attributes. */
const fileType = 0o170000;
const link = 0o120000;

/**
 * A zip of images. Its list of contents is read once; files are read from where they lie when
 * they are asked for, and nothing is written to disk. Of several entries with one path the last
 * counts.
 *
 * @throws UserError where it is no zip, damaged or cut short
 */
export async function openZip(where: string, onFound?: (files: number) => void, signal?: AbortSignal): Promise<Source> {
  const entries = new Map<string, Entry>();
  const faults: SkippedFile[] = [];
  const zip = await open(where);
  try {
    for await (const entry of zip.eachEntry()) {
      signal?.throwIfAborted();
      const path = pathOf(entry);
      if (path.endsWith('/') || isHidden(path)) continue;
      const fault = faultOf(entry, path);
      if (fault === undefined) entries.set(path, entry);
      else if (isImage(path)) faults.push({ file: path, reason: fault });
      if (entries.size % 1000 === 0) onFound?.(entries.size);
      checkNumber(where, entries.size);
    }
  } catch (error) {
    throw damaged(where, error, signal);
  } finally {
    zip.close();
  }
  const source = sourceOf(archiveName(where), where, [...entries.keys()]);
  const unnamed = [...entries.keys()].filter((path) => lacksEnding(path) && !/^[A-Z]+$/.test(path));
  return {
    ...source,
    faults,
    notes: [...source.notes, ...(unnamed.length > 0 ? [unnamedNote(unnamed)] : [])],
    origins: () => [where],
    async *contents(paths, contentsSignal) {
      const opened = await open(where);
      try {
        // In the order they lie in, so that the disk is read forwards.
        const ordered = [...paths.entries()].flatMap(([index, path]) => {
          const entry = entries.get(path);
          return entry ? [{ index, entry }] : [];
        });
        ordered.sort((a, b) => a.entry.relativeOffsetOfLocalHeader - b.entry.relativeOffsetOfLocalHeader);
        for (const { index, entry } of ordered) {
          contentsSignal?.throwIfAborted();
          yield { index, ...(await read(opened, entry)) };
        }
      } finally {
        opened.close();
      }
    },
  };
}

/** Ways to pack that some tools use (APPNOTE 4.4.5). */
const methods: ReadonlyMap<number, string> = new Map([
  ...([
    [9, 'Deflate64'],
    [12, 'bzip2'],
    [14, 'LZMA'],
    [93, 'Zstandard'],
    [95, 'xz'],
    [98, 'PPMd'],
    [99, 'AES'],
  ] as const),
]);

function unnamedNote(paths: readonly string[]): string {
  return `${paths.length} files without an ending are not looked into, such as ${paths[0]}; unpack the zip where they are images`;
}

function open(where: string): Promise<ZipFile> {
  // Names are decoded here: the library would refuse the whole zip for one that climbs out.
  return openPromise(where, { lazyEntries: true, autoClose: false, decodeStrings: false }).catch((error) => {
    throw damaged(where, error);
  });
}

function pathOf(entry: Entry): string {
  const name = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);
  return name.replace(/^(\.\/+)+/, '');
}

function faultOf(entry: Entry, path: string): string | undefined {
  if (((entry.externalFileAttributes >>> 16) & fileType) === link) return 'no file but a link';
  if (!isSafe(path)) return 'a name that leads out of the archive';
  if (entry.isEncrypted()) return 'encrypted; unpack the zip with its password and give the folder';
  const { compressionMethod: method } = entry;
  if (method !== 0 && method !== 8) {
    return `packed by ${methods.get(method) ?? `method ${method}`}, which is not read; unpack the zip (7z x) and give the folder`;
  }
  if (entry.uncompressedSize > maxFile) return `larger than ${maxFile / 2 ** 20} MiB`;
  return undefined;
}

async function read(zip: ZipFile, entry: Entry): Promise<Encoded> {
  try {
    const input = await entryBytes(zip, entry);
    return typeof input === 'string' ? { reason: input } : { input };
  } catch (error) {
    return { reason: `cannot be unpacked (${(error as Error).message})` };
  }
}

function damaged(where: string, error: unknown, signal?: AbortSignal): unknown {
  if (error instanceof UserError || signal?.aborted) return error;
  const message = (error as Error).message;
  if (/multi-disk/i.test(message)) {
    return new UserError(
      `${where}: one part of a zip in several; join them first (zip -s 0 ${where} --out whole.zip)`,
      { cause: error },
    );
  }
  const state = /end of central directory/i.test(message) ? 'cut short, or no zip at all' : 'damaged';
  return new UserError(`${where}: ${state} (${message}). Fetch the file again`, { cause: error });
}
