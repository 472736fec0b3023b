import { basename, join } from 'node:path';
import { piecesOf } from '../../sources/gzip.js';
import { filesOf } from '../../sources/tar.js';
import { firstFile, firstLike, isFolder, type Located, type Whereabouts } from '../locate.js';
import type { CifarLike } from './sets.js';

/**
 * Where a set lies: its folder of binary files, its official archive, or a folder or archive of
 * images.
 */
export interface CifarFiles {
  /** Of the folder or archive. */
  readonly path: string;
  /** How the set lies there. */
  readonly kind: 'folder' | 'archive' | 'images';
}

/** A file of the set. */
export interface CifarFile {
  /** Its name. */
  readonly file: string;
  /** What it holds, piece by piece; each piece may be overwritten by the next. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** Where the files of a set are looked for, and fetched from. */
export function whereaboutsOf(set: CifarLike): Whereabouts<CifarFiles> {
  const file = `${set.archive}.tar.gz`;
  const files = [...set.train, set.test, set.names].join(', ');
  return {
    name: set.name,
    folders: [set.name, set.folder.split('-', 2).join('-')],
    expected: `${file}, or its folder ${set.folder} with ${files}, or images in train/<class> and test/<class>`,
    origin: 'It is the binary version at https://www.cs.toronto.edu/~kriz/cifar.html',
    downloads: [{ file, urls: [`https://www.cs.toronto.edu/~kriz/${file}`], md5: set.md5, mostBytes: 2 ** 28 }],
    locateIn: (folder) => locateIn(set, folder),
  };
}

async function locateIn(set: CifarLike, folder: string): Promise<Located<CifarFiles>> {
  for (const path of [join(folder, set.folder), folder]) {
    const files = [...set.train, set.test].flatMap((file) => spellings(join(path, file)));
    if ((await isFolder(path)) && (await firstFile(files))) return { files: { path, kind: 'folder' } };
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
export async function* eachFile(
  set: CifarLike,
  { path, kind }: CifarFiles,
  signal?: AbortSignal,
): AsyncGenerator<CifarFile> {
  const files = [...set.train, set.test, set.names];
  if (kind === 'archive') {
    for await (const { file, parts } of filesOf(path, files, signal)) yield { file, pieces: parts() };
    return;
  }
  for (const file of files) {
    const found = await firstFile(spellings(join(path, file)));
    if (found !== undefined) yield { file, pieces: piecesOf(found, signal) };
  }
}

/** The path of a file of the set, for messages. */
export function shownPath({ kind, path }: CifarFiles, file: string): string {
  return kind === 'archive' ? `${path}: ${file}` : join(path, file);
}
