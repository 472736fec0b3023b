import { isUtf8 } from 'node:buffer';
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A path on disk: bytes where it is not UTF-8, as no text leads there. */
export type FilePath = string | Buffer;

/** What lies in a folder. */
export interface Listed {
  /**
   * The name for people, unlike any other in its folder; of one that is not UTF-8 the bytes above
   * 127 are shown as `\xE9`.
   */
  readonly name: string;
  /** With which it can be opened. */
  readonly path: FilePath;
  /** What it is. */
  readonly type: Pick<Dirent, 'isDirectory' | 'isFile' | 'isSymbolicLink'>;
}

/** The entries of a folder, sorted by name. */
export async function list(folder: FilePath): Promise<Listed[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  // Where a name was not UTF-8, its text has this character; bytes are asked for only then, as they
  // take longer.
  const isText = typeof folder === 'string' && !entries.some(({ name }) => name.includes('\ufffd'));
  const listed = isText
    ? entries.map((type) => ({ name: type.name, path: join(folder, type.name), type }))
    : await listBytes(folder);
  return listed.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function listBytes(folder: FilePath): Promise<Listed[]> {
  const entries = await readdir(folder, { withFileTypes: true, encoding: 'buffer' });
  const texts = new Set(entries.flatMap(({ name }) => (isUtf8(name) ? name.toString() : [])));
  return entries.map((type) => {
    const isText = isUtf8(type.name);
    let name = isText ? type.name.toString() : escaped(type.name);
    while (!isText && texts.has(name)) name = `\\${name}`;
    const path =
      isText && typeof folder === 'string'
        ? join(folder, name)
        : Buffer.concat([Buffer.from(folder), Buffer.from('/'), type.name]);
    return { name, path, type };
  });
}

function escaped(name: Buffer): string {
  const byte = (char: string) => `\\x${char.charCodeAt(0).toString(16).toUpperCase()}`;
  return name
    .toString('latin1')
    .replace(/\\/g, '\\\\')
    .replace(/[\u0080-\u00ff]/g, byte);
}
