import { createReadStream } from 'node:fs';
import { posix } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { UserError } from '../../errors.js';
import { isHidden, isSafe } from './formats.js';
import { type FileFormat, gzipError, sniff } from './gzip.js';

const block = 512;

/**
 * A regular file in a tar; `read` must be called, if at all, before the next entry is asked for.
 */
export interface TarEntry {
  /** Path in the archive, `/` between parts, without a leading `./`. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** Where its contents begin in the file; undefined where that is packed. */
  readonly offset?: number | undefined;
  /** Position among the archive's entries of every kind; tells two entries of one path apart. */
  readonly ordinal: number;
  /** Whether it is a file, and no link or device. Folders are not reported. */
  readonly isFile: boolean;
  /** A file whose name is neither absolute nor climbs out with `..`. */
  readonly usable: boolean;
  /** All of its contents. */
  read(): Promise<Buffer>;
  /** The contents part by part, for what is too large to be held. */
  parts(): AsyncIterable<Buffer>;
}

/**
 * Goes through a tar, gzipped or not (its first bytes tell), without unpacking it to disk.
 *
 * @throws UserError naming the file where it is no tar, is damaged, or ends early: inside gzip's
 * data, inside an entry, or before the zero blocks that end every tar
 */
export async function* tarEntries(file: string, signal?: AbortSignal): AsyncGenerator<TarEntry> {
  const format = await sniff(file);
  if (format === 'empty') throw new UserError(`${file}: empty; expected a .tar, .tar.gz or .tgz`);
  if (format !== 'gzip' && format !== 'program' && format !== 'other') {
    throw new UserError(`${file}: a ${format} archive; expected a .tar, .tar.gz or .tgz; unpack it first`);
  }
  const raw = createReadStream(file);
  const bytes: Readable = format === 'gzip' ? pipeline(raw, createGunzip(), () => {}) : raw;
  const tar = extract();
  const tail = new Tail();
  bytes.on('data', (chunk: Buffer) => tail.add(chunk));
  bytes.on('error', (error) => tar.destroy(error));
  bytes.pipe(tar);
  let end = 0;
  let ordinal = 0;
  try {
    for await (const entry of tar) {
      signal?.throwIfAborted();
      end = entry.offset + block + Math.ceil(entry.header.size / block) * block;
      const found = entryOf(entry, ordinal, (error) => explain(file, error, ordinal, format));
      if (found) yield format === 'gzip' ? found : { ...found, offset: entry.offset + block };
      ordinal++;
      if (!found?.isConsumed()) entry.resume();
    }
    if (tail.length < end + block || !tail.isZero()) throw cutShort(file);
  } catch (error) {
    throw explain(file, error, ordinal, format);
  } finally {
    tar.destroy();
    bytes.destroy();
    raw.destroy();
  }
}

/**
 * An entry as users of a tar see it; undefined for a folder. `isConsumed` says whether its contents
 * were asked for; where not, they have to be passed over.
 */
export function entryOf(
  entry: AsyncIterable<unknown> & { readonly header: Header },
  ordinal: number,
  explained: (error: unknown) => unknown,
): (TarEntry & { isConsumed(): boolean }) | undefined {
  const { name, type, size } = entry.header;
  if (type === 'directory') return undefined;
  const path = name.replace(/^(\.\/+)+/, '');
  const isFile = type === 'file' || type === 'contiguous-file';
  let consumed = false;
  const parts = async function* () {
    consumed = true;
    try {
      yield* entry as AsyncIterable<Buffer>;
    } catch (error) {
      throw explained(error);
    }
  };
  return {
    ...{ path, size, ordinal, isFile, parts },
    usable: isFile && isSafe(path),
    read: () => collect(parts()),
    isConsumed: () => consumed,
  };
}

/** Remembers how long a stream was and its last block. */
class Tail {
  length = 0;
  #last: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): void {
    this.length += chunk.length;
    this.#last = chunk.length >= block ? chunk.subarray(-block) : Buffer.concat([this.#last, chunk]).subarray(-block);
  }

  isZero(): boolean {
    return this.#last.every((byte) => byte === 0);
  }
}

async function collect(entry: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of entry) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function cutShort(file: string, cause?: unknown): UserError {
  return new UserError(`${file}: cut short: the tar ends before its end mark. Fetch the file again`, { cause });
}

function explain(file: string, error: unknown, entries: number, format: FileFormat): unknown {
  if (error instanceof UserError) return error;
  const message = error instanceof Error ? error.message : '';
  if (/unexpected end of data/i.test(message)) return cutShort(file, error);
  if (/invalid (tar )?header|header exceeds/i.test(message)) {
    if (entries === 0 && format === 'program') {
      return new UserError(`${file}: a program; where it is an archive that unpacks itself, give what it unpacks to`);
    }
    const what = entries === 0 ? 'not a tar archive' : `damaged after ${entries} entries`;
    return new UserError(`${file}: ${what}; images come as a folder, a .tar, .tar.gz, .tgz or .zip`, { cause: error });
  }
  return gzipError(file, error) ?? error;
}

/**
 * The files of one folder of a tar, by name: of the first folder that holds any of those asked for.
 * Others of those names elsewhere in it, such as copies or what macOS adds, are no part of a set.
 */
export async function* filesOf(
  tar: string,
  names: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<TarEntry & { readonly file: string }> {
  let folder: string | undefined;
  for await (const entry of tarEntries(tar, signal)) {
    const file = posix.basename(entry.path);
    if (!entry.usable || isHidden(entry.path) || !names.includes(file)) continue;
    folder ??= posix.dirname(entry.path);
    if (posix.dirname(entry.path) === folder) yield { ...entry, file };
  }
}
