import { basename, join } from 'node:path';
import { UserError } from '../../errors.js';
import { checkAnnotations, saidOf } from '../collection/annotations.js';
import { openCollection } from '../collection/collection.js';
import { layoutOf } from '../collection/layout.js';
import type { OpenParts } from '../options.js';
import type { DataSet } from '../set/image-set.js';
import { openSource } from '../sources/open-source.js';
import { withoutBareTest } from '../sources/source.js';
import { firstLike, isFolder, locate, type Whereabouts } from './locate.js';
import type { NamedDataSet } from './named.js';
import { partialNote } from './partial-note.js';

const tinyImageNetName = /^tiny-?imagenet(-\d+)?(\.(zip|tar|tar\.gz|tgz))?$/i;

const whereabouts: Whereabouts<string> = {
  name: 'tiny-imagenet',
  folders: ['tiny-imagenet'],
  expected: 'tiny-imagenet-200.zip, a tar of it, or its folder tiny-imagenet-200',
  origin: 'It comes from http://cs231n.stanford.edu/tiny-imagenet-200.zip',
  downloads: [
    {
      file: 'tiny-imagenet-200.zip',
      urls: ['http://cs231n.stanford.edu/tiny-imagenet-200.zip'],
      md5: '90528d7ca1a48142e341f4ef8d21d0de',
      mostBytes: 2 ** 29,
    },
  ],
  async locateIn(folder) {
    if (tinyImageNetName.test(basename(folder)) && (await isFolder(join(folder, 'train')))) return { files: folder };
    const inside = await firstLike(folder, tinyImageNetName);
    if (inside === undefined) return undefined;
    const isUsable = !(await isFolder(inside)) || (await isFolder(join(inside, 'train')));
    return isUsable ? { files: inside } : undefined;
  },
};

/** Tiny ImageNet, from its tree. */
export const tinyImageNet: NamedDataSet = {
  name: 'tiny-imagenet',
  published: { count: 100_000, side: 64 },
  statistics: { mean: [0.48, 0.448, 0.398], std: [0.277, 0.269, 0.282] },
  open: openTinyImageNet,
};

/**
 * Opens Tiny ImageNet as it is given away (tiny-imagenet-200): 64x64, reference = train, queries =
 * val with the classes that val_annotations.txt says; test has no labels and is not used. As zip,
 * tar or folder.
 *
 * @throws UserError where it is not found, or damaged, or val's classes are not known
 */
async function openTinyImageNet(parts: OpenParts): Promise<DataSet> {
  const path = await locate(whereabouts, parts.locate, parts.progress);
  const source = withoutBareTest(await openSource(path, parts.progress));
  checkAnnotations(source);
  const { train, queries = [], misfit } = layoutOf(source.paths, await saidOf(source));
  if (misfit) {
    throw new UserError(`${path}: ${misfit}: classes are missing in train, or val_annotations.txt is damaged`);
  }
  const part = partialNote('Tiny ImageNet', [
    ['training images', train.length, 100_000],
    ['images of val', queries.length, 10_000],
  ]);
  return openCollection({ ...source, name: 'tiny-imagenet', notes: [...source.notes, ...part] }, parts);
}
