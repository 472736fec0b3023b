import { basename, join } from 'node:path';
import { UserError } from '../errors.js';
import { openCollection } from './collection.js';
import { type Finding, find, firstFile, firstLike, isFolder } from './finding.js';
import { fitted } from './fit.js';
import { readPlain } from './gunzip.js';
import type { DataSet, ImageSet } from './imageset.js';
import type { OpenOptions } from './options.js';
import { openPlace } from './place.js';
import { tarEntries } from './tar.js';

const SIDE = 32;
const IMAGE = 3 * SIDE * SIDE;

/** A data set in CIFAR's binary format: records of one or two labels and 32x32 pixels, all red, all green, all blue. */
export interface CifarLike {
  readonly name: string;
  readonly title: string;
  readonly train: readonly string[];
  readonly test: string;
  /** The file of class names, one a line. */
  readonly names: string;
  readonly classes: number;
  /** Labels in front of each record's pixels; the last is the class. */
  readonly labels: number;
  readonly folder: string;
  /** The official archive, without its ending. */
  readonly archive: string;
  readonly md5: string;
  /** The same set as images in train/<class> and test/<class>. */
  readonly images: RegExp;
}

const CIFAR10: CifarLike = {
  name: 'cifar10',
  title: 'CIFAR-10',
  train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`),
  test: 'test_batch.bin',
  names: 'batches.meta.txt',
  classes: 10,
  labels: 1,
  folder: 'cifar-10-batches-bin',
  archive: 'cifar-10-binary',
  md5: 'c32a1d4ab5d03f1284b67883e8d87530',
  images: /^cifar-?10(-images)?(\.(tar|tar\.gz|tgz|zip))?$/i,
};

const CIFAR100: CifarLike = {
  name: 'cifar100',
  title: 'CIFAR-100',
  train: ['train.bin'],
  test: 'test.bin',
  names: 'fine_label_names.txt',
  classes: 100,
  labels: 2,
  folder: 'cifar-100-binary',
  archive: 'cifar-100-binary',
  md5: '03b5dce01913d631647c71ecec9e9cb8',
  images: /^cifar-?100(-images)?(\.(tar|tar\.gz|tgz|zip))?$/i,
};

/** The data sets of this family. */
export const CIFAR: readonly CifarLike[] = [CIFAR10, CIFAR100];

const COUNTS = { train: 50_000, test: 10_000 };

/** Where a set lies: its folder of binary files, its official archive, or a folder or archive of images. */
interface Place {
  readonly path: string;
  readonly kind: 'folder' | 'archive' | 'images';
}

/** File name to bytes, and how to name such a file in a message. */
interface Parts {
  readonly bytes: ReadonlyMap<string, Uint8Array>;
  readonly label: (file: string) => string;
}

/**
 * Opens CIFAR-10 or CIFAR-100 in its official binary version, from its folder (each file gzipped or not) or straight from
 * its archive: 32x32 RGB, bank = the training images, queries = the test images, both in official order; of CIFAR-100 the
 * fine labels. Where there are only images in class folders under that name, those are taken.
 *
 * @throws UserError where it is not found, or a file is missing, damaged or of a wrong length
 */
export async function openCifar(set: CifarLike, options: OpenOptions): Promise<DataSet> {
  const files = [...set.train, set.test, set.names];
  const place = await find(
    {
      name: set.name,
      folders: [set.name, set.folder.split('-', 2).join('-')],
      expected: `${set.archive}.tar.gz, or its folder ${set.folder} with ${files.join(', ')}, or images in train/<class> and test/<class>`,
      origin: 'It is the binary version at https://www.cs.toronto.edu/~kriz/cifar.html',
      downloads: [
        {
          file: `${set.archive}.tar.gz`,
          urls: [`https://www.cs.toronto.edu/~kriz/${set.archive}.tar.gz`],
          md5: set.md5,
        },
      ],
      look: (folder) => look(set, folder),
    },
    options,
  );
  if (place.kind === 'images') return fromImages(set, place.path, options);
  const parts =
    place.kind === 'archive' ? await fromArchive(set, place.path, options) : await fromFolder(set, place.path);
  const classes = classNames(set, parts);
  const train = records(set, set.train, parts, classes);
  const queries = records(set, [set.test], parts, classes);
  const isWhole = train.count === COUNTS.train && queries.count === COUNTS.test;
  const note = `a part of ${set.title}: ${train.count} of 50000 training images, ${queries.count} of 10000 test images`;
  return fitted({ name: set.name, train, bank: train, queries, skipped: [], ...(isWhole ? {} : { note }) }, options);
}

async function look(set: CifarLike, folder: string): Promise<Finding<Place>> {
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

async function fromImages(set: CifarLike, path: string, options: OpenOptions): Promise<DataSet> {
  const { onProgress, signal } = options;
  const source = await openPlace(path, (files) => onProgress?.(files, undefined, 'finding'), signal);
  const note = `${set.title} from the images in ${path}; unless they are lossless, results are not those of the official pixels`;
  return openCollection({ ...source, name: set.name, notes: [...source.notes, note] }, options);
}

async function fromFolder(set: CifarLike, folder: string): Promise<Parts> {
  const read = async (file: string): Promise<[string, Uint8Array][]> => {
    const path = await firstFile(spellings(join(folder, file)));
    return path === undefined ? [] : [[file, await readPlain(path)]];
  };
  const found = await Promise.all([...set.train, set.test, set.names].map(read));
  return { bytes: new Map(found.flat()), label: (file) => join(folder, file) };
}

async function fromArchive(set: CifarLike, archive: string, { signal }: OpenOptions): Promise<Parts> {
  const bytes = new Map<string, Uint8Array>();
  for await (const entry of tarEntries(archive, signal)) {
    const file = basename(entry.path);
    if (entry.usable && [...set.train, set.test, set.names].includes(file)) bytes.set(file, await entry.read());
  }
  return { bytes, label: (file) => `${archive}: ${file}` };
}

function part({ title, train, test, names }: CifarLike, parts: Parts, file: string): Uint8Array {
  const bytes = parts.bytes.get(file);
  if (!bytes) throw new UserError(`${parts.label(file)}: missing; ${title} is ${[...train, test, names].join(', ')}`);
  return bytes;
}

function classNames(set: CifarLike, parts: Parts): string[] {
  const lines = Buffer.from(part(set, parts, set.names))
    .toString('utf8')
    .split('\n');
  const classes = lines.map((line) => line.trim()).filter((line) => line !== '');
  if (classes.length === set.classes) return classes;
  throw new UserError(`${parts.label(set.names)}: ${classes.length} class names, expected ${set.classes}`);
}

function records(set: CifarLike, files: readonly string[], parts: Parts, classes: readonly string[]): ImageSet {
  const record = set.labels + IMAGE;
  const batches = files.map((file) => ({ file, bytes: part(set, parts, file) }));
  for (const { file, bytes } of batches) {
    if (bytes.length === 0 || bytes.length % record !== 0) {
      throw new UserError(
        `${parts.label(file)}: ${bytes.length} bytes, expected a whole number of ${record}-byte records; it is damaged or cut short`,
      );
    }
  }
  const count = batches.reduce((sum, { bytes }) => sum + bytes.length / record, 0);
  const pixels = new Uint8Array(count * IMAGE);
  const labels = new Int32Array(count);
  let i = 0;
  for (const { file, bytes } of batches) {
    for (let at = 0; at < bytes.length; at += record, i++) {
      const label = bytes[at + set.labels - 1] as number;
      if (label >= classes.length) {
        throw new UserError(
          `${parts.label(file)}: label ${label} in record ${at / record}, expected 0 to ${classes.length - 1}`,
        );
      }
      labels[i] = label;
      pixels.set(bytes.subarray(at + set.labels, at + record), i * IMAGE);
    }
  }
  return { name: set.name, count, channels: 3, height: SIDE, width: SIDE, pixels, labels, classes };
}
