import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.js';
import { openCollection } from './collection.js';
import { type Finding, find, firstFile, firstLike, isFolder } from './finding.js';
import { openFolder } from './folder.js';
import { imagenet100 } from './imagenet100.js';
import type { DataSet } from './imageset.js';
import type { OpenOptions } from './options.js';
import { openPlace } from './place.js';

const TINY = /^tiny-?imagenet(-\d+)?(\.(zip|tar|tar\.gz|tgz))?$/i;

/**
 * Opens Tiny ImageNet as it is given away (tiny-imagenet-200): 64x64, bank = train, queries = val with the classes that
 * val_annotations.txt says; test has no labels and is not used. As zip, tar or folder.
 *
 * @throws UserError where it is not found, or damaged
 */
export async function openTinyImageNet(options: OpenOptions): Promise<DataSet> {
  const path = await find(
    {
      name: 'tiny-imagenet',
      folders: ['tiny-imagenet'],
      expected: 'tiny-imagenet-200.zip, a tar of it, or its folder tiny-imagenet-200',
      origin: 'It comes from http://cs231n.stanford.edu/tiny-imagenet-200.zip',
      downloads: [
        {
          file: 'tiny-imagenet-200.zip',
          urls: ['http://cs231n.stanford.edu/tiny-imagenet-200.zip'],
          md5: '90528d7ca1a48142e341f4ef8d21d0de',
        },
      ],
      async look(folder): Promise<Finding<string>> {
        if (TINY.test(basename(folder)) && (await isFolder(join(folder, 'train')))) return { files: folder };
        const inside = await firstLike(folder, TINY);
        if (inside === undefined) return undefined;
        const isUsable = !(await isFolder(inside)) || (await isFolder(join(inside, 'train')));
        return isUsable ? { files: inside } : undefined;
      },
    },
    options,
  );
  const source = await openPlace(path, found(options), options.signal);
  return openCollection({ ...source, name: 'tiny-imagenet' }, options);
}

const LIST = 'imagenet100.txt';

/**
 * Opens ImageNet-100: of an ImageNet tree (train/<wnid>, val/<wnid>) the classes of a list. The list is imagenet100.txt
 * in the tree or beside it, one class a line, and without one that of Tian, Krishnan and Isola, "Contrastive Multiview
 * Coding", 2020. Other classes are not even looked at.
 *
 * @throws UserError where there is no such tree, or classes of the list are missing in it
 */
export async function openImageNet100(options: OpenOptions): Promise<DataSet> {
  const tree = await find(
    {
      name: 'imagenet100',
      folders: ['imagenet100', 'imagenet', 'ImageNet', 'ILSVRC2012'],
      expected: `an ImageNet tree, train/<wnid> and val/<wnid>, with ${LIST} in it or beside it where other classes are wanted`,
      origin: 'ImageNet is given on request at https://www.image-net.org/download.php',
      downloads: [],
      async look(folder): Promise<Finding<string>> {
        if (!(await isFolder(join(folder, 'train')))) return undefined;
        const isImageNet = (await firstLike(join(folder, 'train'), /^n\d{8}$/)) !== undefined;
        return isImageNet || (await listIn(folder)) ? { files: folder } : undefined;
      },
    },
    options,
  );
  const list = await listIn(tree);
  const classes = list === undefined ? imagenet100 : await readList(list);
  const chosen = new Set(classes);
  const source = await openFolder(tree, {
    onFound: found(options),
    signal: options.signal,
    enters(path) {
      const [, name] = path.split('/');
      return name === undefined || chosen.has(name);
    },
  });
  const there = new Set(
    source.paths.map((path) => path.split('/')).flatMap(([split, name]) => (split === 'train' ? name : [])),
  );
  const missing = classes.filter((name) => !there.has(name));
  if (missing.length > 0) {
    throw new UserError(
      `${join(tree, 'train')}: ${missing.length} of the ${classes.length} classes of ${list ?? 'ImageNet-100'} have no images: ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ', ...' : ''}`,
    );
  }
  return openCollection({ ...source, name: 'imagenet100' }, options);
}

function found({ onProgress }: OpenOptions): (files: number) => void {
  return (files) => onProgress?.(files, undefined, 'finding');
}

function listIn(tree: string): Promise<string | undefined> {
  return firstFile([join(tree, LIST), join(dirname(tree), LIST)]);
}

async function readList(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  const names = text
    .split('\n')
    .flatMap((line) => line.trim().split(/\s/, 1))
    .filter((name) => name !== '');
  if (names.length > 0) return [...new Set(names)];
  throw new UserError(`${file}: names no class; expected one a line`);
}
