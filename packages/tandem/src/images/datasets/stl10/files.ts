import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { filesOf } from '../../sources/tar.js';
import { firstFile, isFolder, type Located, type Whereabouts } from '../locate.js';

const binaryFolder = 'stl10_binary';
const archives = ['stl10_binary.tar.gz', 'stl10_binary.tgz', 'stl10_binary.tar'];
/** The files of images, in the order that they come to stand in here. */
export const imageFiles = ['unlabeled_X.bin', 'train_X.bin', 'test_X.bin'];
export const labelFiles = ['train_y.bin', 'test_y.bin'];
export const classNamesFile = 'class_names.txt';

const allFiles = [...imageFiles, ...labelFiles, classNamesFile];

/** A file of the set, in a folder or an archive. */
export interface Stl10File {
  readonly file: string;
  readonly size: number;
  bytes(): AsyncIterable<Buffer>;
}

/** The set's files, where they lie. */
export interface Stl10Files {
  readonly path: string;
  /** Each file that is there, to be read before the next is asked for. */
  each(signal?: AbortSignal): AsyncIterable<Stl10File>;
  readonly origins: readonly string[];
}

export const whereabouts: Whereabouts<Stl10Files> = {
  name: 'stl10',
  folders: ['stl10', 'STL10', 'stl-10'],
  expected: `${archives[0]}, or its folder ${binaryFolder} with ${allFiles.join(', ')}`,
  origin: 'It comes from https://cs.stanford.edu/~acoates/stl10/',
  downloads: [
    {
      file: 'stl10_binary.tar.gz',
      urls: ['http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz'],
      md5: '91f7769df0f17e558f3565bffb0c7dfb',
      mostBytes: 4 * 2 ** 30,
    },
  ],
  locateIn,
};

async function locateIn(folder: string): Promise<Located<Stl10Files>> {
  for (const path of [join(folder, binaryFolder), folder]) {
    if ((await isFolder(path)) && (await firstFile(imageFiles.map((file) => join(path, file))))) {
      return { files: inFolder(path) };
    }
  }
  const archive = await firstFile(archives.map((name) => join(folder, name)));
  return archive === undefined ? undefined : { files: inArchive(archive) };
}

function inFolder(path: string): Stl10Files {
  return {
    path,
    origins: allFiles.map((file) => join(path, file)),
    async *each() {
      for (const file of allFiles) {
        const found = await stat(join(path, file)).catch(() => undefined);
        if (found?.isFile()) yield { file, size: found.size, bytes: () => createReadStream(join(path, file)) };
      }
    },
  };
}

function inArchive(path: string): Stl10Files {
  return {
    path,
    origins: [path],
    async *each(signal) {
      for await (const { file, size, parts } of filesOf(path, allFiles, signal)) yield { file, size, bytes: parts };
    },
  };
}
