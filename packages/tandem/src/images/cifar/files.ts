import { basename, join } from 'node:path';
import { UserError } from '../../errors.js';
import { type Finding, firstFile, firstLike, isFolder } from '../finding.js';
import { readPlain } from '../gunzip.js';
import { tarEntries } from '../tar.js';
import type { CifarLike } from './sets.js';

/** Where a set lies: its folder of binary files, its official archive, or a folder or archive of images. */
export interface Place {
  readonly path: string;
  readonly kind: 'folder' | 'archive' | 'images';
}

/** File name to bytes, and how to name such a file in a message. */
export interface Parts {
  readonly bytes: ReadonlyMap<string, Uint8Array>;
  readonly label: (file: string) => string;
}

/** Looks for the set in a folder. */
export async function look(set: CifarLike, folder: string): Promise<Finding<Place>> {
  for (const path of [join(folder, set.folder), folder]) {
    const parts = [...set.train, set.test].flatMap((file) => spellings(join(path, file)));
    if ((await isFolder(path)) && (await firstFile(parts))) return { files: { path, kind: 'folder' } };
  }
  const archive = await firstFile(['.tar.gz', '.tgz', '.tar'].map((ending) => join(folder, set.archive + ending)));
  if (archive !== undefined) return { files: { path: archive, kind: 'archive' } };
  if (set.images.test(basename(folder)) && (await isFolder(join(folder, 'train')))) {
    return { files: { path: folder, kind: 'images' } };
  }
  const images = await firstLike(folder, set.images);
  return images === undefined || (await isFolder(images)) ? undefined : { files: { path: images, kind: 'images' } };
}

function spellings(file: string): string[] {
  return [file, `${file}.gz`];
}

export async function fromFolder(set: CifarLike, folder: string): Promise<Parts> {
  const read = async (file: string): Promise<[string, Uint8Array][]> => {
    const path = await firstFile(spellings(join(folder, file)));
    return path === undefined ? [] : [[file, await readPlain(path)]];
  };
  const found = await Promise.all([...set.train, set.test, set.names].map(read));
  return { bytes: new Map(found.flat()), label: (file) => join(folder, file) };
}

export async function fromArchive(set: CifarLike, archive: string, signal?: AbortSignal): Promise<Parts> {
  const bytes = new Map<string, Uint8Array>();
  for await (const entry of tarEntries(archive, signal)) {
    const file = basename(entry.path);
    if (entry.usable && [...set.train, set.test, set.names].includes(file)) bytes.set(file, await entry.read());
  }
  return { bytes, label: (file) => `${archive}: ${file}` };
}

/** @throws UserError where the set lacks this file */
export function part({ title, train, test, names }: CifarLike, parts: Parts, file: string): Uint8Array {
  const bytes = parts.bytes.get(file);
  if (!bytes) throw new UserError(`${parts.label(file)}: missing; ${title} is ${[...train, test, names].join(', ')}`);
  return bytes;
}
