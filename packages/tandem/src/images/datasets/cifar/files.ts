import { basename, join } from 'node:path';
import { piecesOf } from '../../sources/gzip.js';
import { filesOf } from '../../sources/tar.js';
import { firstFile, firstLike, isFolder, type Located } from '../locate.js';
import type { CifarLike } from './sets.js';

/**
 * Where a set lies: its folder of binary files, its official archive, or a folder or archive of
 * images.
 */
export interface Place {
  readonly path: string;
  readonly kind: 'folder' | 'archive' | 'images';
}

/** A file of the set. */
export interface Part {
  readonly file: string;
  /** What it holds, piece by piece; each piece may be overwritten by the next. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** Looks for the set in a folder. */
export async function locateIn(set: CifarLike, folder: string): Promise<Located<Place>> {
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

/** The files of a set that are there, each to be read before the next is asked for. */
export async function* partsOf(set: CifarLike, place: Place, signal?: AbortSignal): AsyncGenerator<Part> {
  const files = [...set.train, set.test, set.names];
  if (place.kind === 'archive') {
    for await (const { file, parts } of filesOf(place.path, files, signal)) yield { file, pieces: parts() };
    return;
  }
  for (const file of files) {
    const path = await firstFile(spellings(join(place.path, file)));
    if (path !== undefined) yield { file, pieces: piecesOf(path, signal) };
  }
}

/** How a file of a set is named in messages. */
export function labelOf({ kind, path }: Place, file: string): string {
  return kind === 'archive' ? `${path}: ${file}` : join(path, file);
}
