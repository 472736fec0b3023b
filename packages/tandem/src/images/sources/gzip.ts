import { open, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { UserError } from '../../errors.js';
import { refuseEndless } from '../../files/regular.js';
import { unreadable } from '../../files/system-error.js';

/** Most bytes that a gzipped file may unpack to: five times the largest part of any known set. */
const maxPlain = 2 ** 30;

/** What the first bytes of a file say that it is. */
export type FileFormat = 'gzip' | 'zip' | 'xz' | 'bzip2' | 'zstd' | '7z' | 'rar' | 'program' | 'empty' | 'other';

/**
 * What the first bytes of a file say it is, as far as it matters here. A tar begins with a name, so
 * it may look like a program.
 *
 * @throws UserError where it is no regular file, or cannot be read
 */
export async function sniff(file: string): Promise<FileFormat> {
  refuseEndless(file);
  const handle = await open(file).catch((error) => {
    throw unreadable(file, error);
  });
  try {
    const start = Buffer.alloc(6);
    const { bytesRead } = await handle.read(start, 0, 6, 0);
    if (bytesRead === 0) return 'empty';
    const hex = start.toString('hex');
    if (hex.startsWith('1f8b')) return 'gzip';
    if (/^504b(0304|0506)/.test(hex)) return 'zip'; // with files, or without
    if (hex.startsWith('fd377a58')) return 'xz';
    if (hex.startsWith('425a68')) return 'bzip2';
    if (hex.startsWith('28b52ffd')) return 'zstd';
    if (hex.startsWith('377abcaf271c')) return '7z';
    if (hex.startsWith('526172211a07')) return 'rar';
    if (/^(4d5a|7f454c46)/.test(hex)) return 'program';
    return 'other';
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    await handle.close();
  }
}

/**
 * The bytes of a file, unpacked where they are gzipped.
 *
 * @throws UserError naming the file where it cannot be read, or where gzip's data end early or are
 * damaged
 */
export async function readPlain(file: string): Promise<Uint8Array> {
  const format = await sniff(file);
  const bytes = await readFile(file).catch((error) => {
    throw unreadable(file, error);
  });
  const plain =
    format === 'gzip'
      ? await promisify(gunzip)(bytes, { maxOutputLength: maxPlain }).catch((error) => {
          throw gzipError(file, error) ?? error;
        })
      : bytes;
  // A Buffer's slice shares memory where every other array's copies; none gets out of here.
  return new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength);
}

/**
 * The same in pieces, each of which may be overwritten by the next: what is read whole stays in
 * memory for a while beside what is made of it.
 */
export async function* piecesOf(file: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  if ((await sniff(file)) === 'gzip') {
    yield await readPlain(file);
    return;
  }
  const handle = await open(file);
  try {
    const piece = new Uint8Array(2 ** 20);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(piece).catch((error) => {
        throw unreadable(file, error);
      });
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** What a failure of gzip means for the user; undefined for any other failure. */
export function gzipError(file: string, error: unknown): UserError | undefined {
  // An abort's code is a number.
  const code = String((error as NodeJS.ErrnoException | undefined)?.code);
  if (code === 'Z_BUF_ERROR') {
    return new UserError(`${file}: cut short: its gzip data end early. Fetch the file again`, { cause: error });
  }
  if (code.startsWith('Z_') || code === 'ERR_BUFFER_TOO_LARGE') {
    return new UserError(`${file}: damaged: its gzip data do not unpack (${(error as Error).message})`, {
      cause: error,
    });
  }
  return undefined;
}
