import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { filesOf } from '../../sources/tar.js';
import { firstFile, isFolder, type Located } from '../locate.js';

const FOLDER = 'stl10_binary';
const ARCHIVES = ['stl10_binary.tar.gz', 'stl10_binary.tgz', 'stl10_binary.tar'];
/** The files of images, in the order that they come to stand in here. */
export const IMAGES = ['unlabeled_X.bin', 'train_X.bin', 'test_X.bin'];
export const LABELS = ['train_y.bin', 'test_y.bin'];
export const NAMES = 'class_names.txt';

const FILES = [...IMAGES, ...LABELS, NAMES];

/** What is looked for, in words. */
export const EXPECTED = `${ARCHIVES[0]}, or its folder ${FOLDER} with ${FILES.join(', ')}`;

/** A file of a set, in a folder or an archive. */
export interface Part {
  readonly file: string;
  readonly size: number;
  bytes(): AsyncIterable<Buffer>;
}

/** Where the set lies. */
export interface Place {
  readonly path: string;
  parts(signal?: AbortSignal): AsyncIterable<Part>;
  readonly origins: readonly string[];
}

/** Looks for the set in a folder. */
export async function locateIn(folder: string): Promise<Located<Place>> {
  for (const path of [join(folder, FOLDER), folder]) {
    if ((await isFolder(path)) && (await firstFile(IMAGES.map((file) => join(path, file))))) {
      return { files: inFolder(path) };
    }
  }
  const archive = await firstFile(ARCHIVES.map((name) => join(folder, name)));
  return archive === undefined ? undefined : { files: inArchive(archive) };
}

function inFolder(path: string): Place {
  return {
    path,
    origins: FILES.map((file) => join(path, file)),
    async *parts() {
      for (const file of FILES) {
        const found = await stat(join(path, file)).catch(() => undefined);
        if (found) yield { file, size: found.size, bytes: () => createReadStream(join(path, file)) };
      }
    },
  };
}

function inArchive(path: string): Place {
  return {
    path,
    origins: [path],
    async *parts(signal) {
      for await (const { file, size, parts } of filesOf(path, FILES, signal)) yield { file, size, bytes: parts };
    },
  };
}
