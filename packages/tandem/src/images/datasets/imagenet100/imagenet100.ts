import { join } from 'node:path';
import { UserError } from '../../../errors.js';
import { openCollection } from '../../collection/collection.js';
import type { OpenParts } from '../../options.js';
import type { DataSet } from '../../set/image-set.js';
import { openFolder } from '../../sources/folder.js';
import { type Source, withoutBareTest } from '../../sources/source.js';
import { firstLike, isFolder, locate, type Whereabouts } from '../locate.js';
import type { NamedDataSet } from '../named.js';
import { partialNote } from '../partial-note.js';
import { listed, listIn, listName, readList } from './classes.js';

const whereabouts: Whereabouts<string> = {
  name: 'imagenet100',
  folders: ['imagenet100', 'imagenet', 'ImageNet', 'ILSVRC2012'],
  expected: `an ImageNet tree, train/<wnid> and val/<wnid>, with ${listName} in it or beside it where other classes are wanted`,
  origin: 'ImageNet is given on request at https://www.image-net.org/download.php',
  downloads: [],
  async locateIn(folder) {
    if (!(await isFolder(join(folder, 'train')))) return undefined;
    const isImageNet = (await firstLike(join(folder, 'train'), /^n\d{8}$/)) !== undefined;
    return isImageNet || (await listIn(folder)) ? { files: folder } : undefined;
  },
};

/** 100 classes of ImageNet, from its tree or from a tree of these classes alone. */
export const imagenet100: NamedDataSet = {
  name: 'imagenet100',
  // Its sides differ; 224 is the usual crop.
  published: { count: 126_689, side: 224 },
  // ImageNet's, as is usual.
  statistics: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  open: openImageNet100,
};

/**
 * Opens ImageNet-100: of an ImageNet tree (train/<wnid>, val/<wnid>) the classes of a list. The
 * list is imagenet100.txt in the tree or beside it, one class a line, and without one that of Tian,
 * Krishnan and Isola, "Contrastive Multiview Coding", 2020. Other classes are not even looked at.
 *
 * @throws UserError where there is no such tree, or classes of the list are missing in it
 */
async function openImageNet100(parts: OpenParts): Promise<DataSet> {
  const tree = await locate(whereabouts, parts.locate, parts.progress);
  const list = await listIn(tree);
  const classes = list === undefined ? listed : await readList(list);
  const chosen = new Set(classes);
  const { onProgress, signal } = parts.progress;
  const whole = await openFolder(tree, {
    onFound: (files) => onProgress?.(files, undefined, 'finding'),
    signal,
    enters(path) {
      const [, name] = path.split('/');
      return name === undefined || chosen.has(name);
    },
  });
  const source = withoutBareTest(whole);
  const [train, val] = [imagesIn(source, 'train'), imagesIn(source, 'val')];
  const missing = classes.filter((name) => !train.classes.has(name));
  if (missing.length > 0) {
    throw new UserError(
      `${join(tree, 'train')}: ${missing.length} of the ${classes.length} classes of ${list ?? 'ImageNet-100'} have no images: ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ', ...' : ''}`,
    );
  }
  const counts = [['training images', train.count, 126_689] as const, ['images of val', val.count, 5000] as const];
  const notes = [
    ...source.notes,
    ...(val.count === 0 ? [`no images of these classes in ${join(tree, 'val')}`] : []),
    ...(val.classes.size > 0 && val.classes.size < classes.length
      ? [`val holds only ${val.classes.size} of the ${classes.length} classes`]
      : []),
    ...(list === undefined ? partialNote('ImageNet-100', counts) : []),
  ];
  return openCollection({ ...source, name: 'imagenet100', notes }, parts);
}

/** How many images a split holds, and in folders of which classes. */
function imagesIn({ paths }: Source, split: string): { count: number; classes: ReadonlySet<string> } {
  const inside = paths.map((path) => path.split('/')).filter(([top]) => top === split);
  return { count: inside.length, classes: new Set(inside.flatMap(([, name, file]) => (file ? (name as string) : []))) };
}
