import { UserError } from '../../../errors.js';
import { resizeAndLimit } from '../../collection/resize-and-limit.js';
import type { OpenParts } from '../../options.js';
import type { DataSet, ImageSet } from '../../set/image-set.js';
import { locate } from '../locate.js';
import type { NamedDataSet } from '../named.js';
import { whereaboutsOf } from './files.js';
import { readIdxImages, readIdxLabels } from './idx.js';
import { fashionMnistFiles, type MnistLike, mnistFiles } from './sets.js';

/** mnistFiles, from its four files. */
export const mnist: NamedDataSet = {
  ...mnistFiles,
  hint: {
    file: /^train-images[-.]idx3-ubyte(\.gz)?$/,
    advice: 'holds idx files. Say mnist or fashion-mnist, with this folder as data root',
  },
  open: (parts) => openMnistLike(mnistFiles, parts),
};

/** Fashion-mnistFiles, from its four files. */
export const fashionMnist: NamedDataSet = {
  ...fashionMnistFiles,
  open: (parts) => openMnistLike(fashionMnistFiles, parts),
};

/**
 * Opens a data set of MNIST's family: 28x28 gray, reference = the 60,000 training images, queries =
 * the 10,000 test images.
 *
 * @throws UserError where it is not found, or a file is not what it should be
 */
async function openMnistLike(set: MnistLike, parts: OpenParts): Promise<DataSet> {
  const files = await locate(whereaboutsOf(set), parts.locate, parts.progress);
  const train = await half(set, files.trainImages, files.trainLabels);
  const queries = await half(set, files.testImages, files.testLabels);
  if (train.height !== queries.height || train.width !== queries.width) {
    throw new UserError(
      `${files.testImages}: images of ${queries.height}x${queries.width}, but ${files.trainImages} has ${train.height}x${train.width}`,
    );
  }
  return resizeAndLimit({ name: set.name, train, reference: train, queries, skipped: [] }, parts);
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
