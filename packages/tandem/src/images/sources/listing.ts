import { isUtf8 } from 'node:buffer';
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A path on disk: bytes where it is not UTF-8, as no text leads there. */
export type FilePath = string | Buffer;

/** What lies in a folder. */
export interface Listed extends Pick<Dirent, 'isDirectory' | 'isFile' | 'isSymbolicLink'> {
  /**
   * The name for people, unlike any other in its folder; of one that is not UTF-8 the bytes above
   * 127 are shown as `\xE9`.
   */
  readonly name: string;
  /** With which it can be opened, where that is not the folder's path and the name. */
  readonly onDisk?: FilePath;
}

/** The entries of a folder, sorted by name. */
export async function list(folder: FilePath): Promise<readonly Listed[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  // Where a name was not UTF-8, its text has this character; bytes are asked for only then, as they
  // take longer.
  const isText = typeof folder === 'string' && !entries.some(({ name }) => name.includes('\ufffd'));
  const listed: Listed[] = isText ? entries : await listBytes(folder);
  return listed.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function listBytes(folder: FilePath): Promise<Listed[]> {
  const entries = await readdir(folder, { withFileTypes: true, encoding: 'buffer' });
  const texts = new Set(entries.flatMap(({ name }) => (isUtf8(name) ? name.toString() : [])));
  return entries.map((entry) => {
    const isText = isUtf8(entry.name);
    let name = isText ? entry.name.toString() : escaped(entry.name);
    while (!isText && texts.has(name)) name = `\\${name}`;
    const onDisk =
      isText && typeof folder === 'string'
        ? join(folder, name)
        : Buffer.concat([Buffer.from(folder), Buffer.from('/'), entry.name]);
    return {
      name,
      onDisk,
      isDirectory: () => entry.isDirectory(),
      isFile: () => entry.isFile(),
      isSymbolicLink: () => entry.isSymbolicLink(),
    };
  });
}

function escaped(name: Buffer): string {
  const byte = (char: string) => `\\x${char.charCodeAt(0).toString(16).toUpperCase()}`;
  return name
    .toString('latin1')
    .replace(/\\/g, '\\\\')
    .replace(/[\u0080-\u00ff]/g, byte);
}
