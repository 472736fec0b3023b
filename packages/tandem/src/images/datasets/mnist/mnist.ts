import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { UserError } from '../../../errors.js';
import { resizeAndLimit } from '../../collection/resize-and-limit.js';
import type { OpenParts } from '../../options.js';
import type { DataSet, ImageSet } from '../../set/image-set.js';
import { firstFile, type Located, locate } from '../locate.js';
import { readIdxImages, readIdxLabels } from './idx.js';

const PARTS = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
} as const;

/** A data set in MNIST's four idx files. */
export interface MnistLike {
  readonly name: string;
  readonly folders: readonly string[];
  readonly origin: string;
  /** Places that hold the four files, gzipped. */
  readonly urls: readonly string[];
  /** md5 of the four gzipped files at those places. */
  readonly md5: Readonly<Record<keyof typeof PARTS, string>>;
  readonly classes: readonly string[];
  /**
   * md5 of the training labels without the header: sets of this family share their file names, and
   * only this tells them apart.
   */
  readonly labelsMd5: string;
}

const MNIST: MnistLike = {
  name: 'mnist',
  folders: ['mnist', 'MNIST/raw', 'MNIST'],
  origin: 'They come from https://yann.lecun.com/exdb/mnist/ and its mirrors',
  urls: ['https://ossci-datasets.s3.amazonaws.com/mnist/', 'https://storage.googleapis.com/cvdf-datasets/mnist/'],
  md5: {
    trainImages: 'f68b3c2dcbeaaa9fbdd348bbdeb94873',
    trainLabels: 'd53e105ee54ea40749a09fcbcd1e9432',
    testImages: '9fb629c4189551a2d022fa330f9573f3',
    testLabels: 'ec29112dd5afa0611ce80d1b7f02629c',
  },
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  labelsMd5: 'e86ee40d66677c011a9abda399ec8c4d',
};

const FASHION_MNIST: MnistLike = {
  name: 'fashion-mnist',
  folders: ['fashion-mnist', 'FashionMNIST/raw', 'FashionMNIST'],
  origin:
    'On Debian and Ubuntu: apt install dataset-fashion-mnist; elsewhere from https://github.com/zalandoresearch/fashion-mnist',
  urls: [
    'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
    'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
  ],
  md5: {
    trainImages: '8d4fb7e6c68d591d4c3dfef9ec88bf0d',
    trainLabels: '25c81989df183df01b3e8a0aad5dffbe',
    testImages: 'bef4ecab320f06d8554ea6380940ec79',
    testLabels: 'bb300cfdad3c16e7a12a480ee83cd310',
  },
  classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  labelsMd5: '3236f6424fc25388b2834cb19942cf7e',
};

/** The data sets of this family, by name. */
export const MNIST_LIKE: readonly MnistLike[] = [FASHION_MNIST, MNIST];

type Files = Record<keyof typeof PARTS, string>;

/**
 * Opens a data set of MNIST's family: 28x28 gray, bank = the 60,000 training images, queries = the
 * 10,000 test images.
 *
 * @throws UserError where it is not found, or a file is not what it should be
 */
export async function openMnistLike(set: MnistLike, parts: OpenParts): Promise<DataSet> {
  const files = await locate(
    {
      name: set.name,
      folders: set.folders,
      expected: `${Object.values(PARTS).join(', ')} (each with or without .gz)`,
      origin: set.origin,
      downloads: Object.entries(PARTS).map(([part, name]) => ({
        file: `${name}.gz`,
        urls: set.urls.map((url) => `${url}${name}.gz`),
        md5: set.md5[part as keyof typeof PARTS],
      })),
      locateIn: (folder) => locateIn(set, folder),
    },
    parts.locate,
    parts.progress,
  );
  const train = await half(set, files.trainImages, files.trainLabels);
  const queries = await half(set, files.testImages, files.testLabels);
  if (train.height !== queries.height || train.width !== queries.width) {
    throw new UserError(
      `${files.testImages}: images of ${queries.height}x${queries.width}, but ${files.trainImages} has ${train.height}x${train.width}`,
    );
  }
  return resizeAndLimit({ name: set.name, train, bank: train, queries, skipped: [] }, parts);
}

async function locateIn(set: MnistLike, folder: string): Promise<Located<Files>> {
  const found: Partial<Record<keyof Files, string>> = {};
  const missing: string[] = [];
  for (const [part, name] of Object.entries(PARTS) as [keyof Files, string][]) {
    const dotted = name.replace('-idx', '.idx');
    const file = await firstFile(
      [name, `${name}.gz`, dotted, `${dotted}.gz`].map((spelling) => join(folder, spelling)),
    );
    if (file === undefined) missing.push(name);
    else found[part] = file;
  }
  if (missing.length === Object.keys(PARTS).length) return undefined;
  if (missing.length > 0) return { problem: `lacks ${missing.join(', ')}` };
  const files = found as Files;
  const md5 = createHash('md5')
    .update(await readIdxLabels(files.trainLabels))
    .digest('hex');
  const other = MNIST_LIKE.find((candidate) => candidate !== set && candidate.labelsMd5 === md5);
  return other ? { problem: `holds ${other.name} under the same file names` } : { files };
}

async function half(set: MnistLike, imagesFile: string, labelsFile: string): Promise<ImageSet> {
  const images = await readIdxImages(imagesFile);
  const labels = await readIdxLabels(labelsFile);
  if (labels.length !== images.count) {
    throw new UserError(`${labelsFile}: ${labels.length} labels, but ${imagesFile} has ${images.count} images`);
  }
  const stray = labels.findIndex((label) => label >= set.classes.length);
  if (stray >= 0) {
    throw new UserError(
      `${labelsFile}: label ${labels[stray]} at place ${stray}, expected 0 to ${set.classes.length - 1}`,
    );
  }
  return { name: set.name, ...images, channels: 1, labels: Int32Array.from(labels), classes: set.classes };
}
