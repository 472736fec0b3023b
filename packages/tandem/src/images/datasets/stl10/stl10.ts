import { join } from 'node:path';
import { UserError } from '../../../errors.js';
import { cacheNote } from '../../collection/decoded-set.js';
import { resizeAndLimit } from '../../collection/resize-and-limit.js';
import type { OpenParts } from '../../options.js';
import { type DataSet, type ImageSet, slice } from '../../set/image-set.js';
import { readBounded } from '../../sources/read-bounded.js';
import { locate } from '../locate.js';
import type { NamedDataSet } from '../named.js';
import { partialNote } from '../partial-note.js';
import { classNamesFile, imageFiles, labelFiles, type Stl10Files, whereabouts } from './files.js';
import { classNames, labels } from './labels.js';
import { bytesPerImage, storedImages } from './pixels.js';

/** STL-10, from its binary files. */
export const stl10: NamedDataSet = {
  name: 'stl10',
  published: { count: 105_000, side: 96 },
  statistics: { mean: [0.4914, 0.4823, 0.4465], std: [0.247, 0.243, 0.261] },
  open: openStl10,
};

/**
 * Opens STL-10 in its official binary version, from its folder or archive: 96x96 RGB. Learned from
 * are the 100,000 unlabeled images and the 5,000 of train; reference = train, queries = test.
 * Without unlabeled_X.bin train alone is learned from.
 *
 * @throws UserError where it is not found, or a file is missing or of a wrong length
 */
async function openStl10(parts: OpenParts): Promise<DataSet> {
  const files = await locate(whereabouts, parts.locate, parts.progress);
  const { counts, metadata } = await survey(files, parts.progress.signal);
  const [unlabeled = 0, train = 0, test = 0] = imageFiles.map((file) => counts.get(file) ?? 0);
  const classes = classNames(files, metadata);
  const trainLabels = labels(files, metadata, 'train', train, classes.length);
  const testLabels = labels(files, metadata, 'test', test, classes.length);
  const { pixels, side } = await storedImages(files, counts, parts);
  const all: ImageSet = {
    name: 'stl10',
    count: unlabeled + train + test,
    channels: 3,
    height: side,
    width: side,
    pixels,
  };
  const note = [
    ...(unlabeled === 0 ? ['unlabeled_X.bin is missing, so the images of train alone are learned from'] : []),
    ...partialNote('STL-10', [
      ['unlabeled images', unlabeled, 100_000],
      ['training images', train, 5000],
      ['test images', test, 8000],
    ]),
    ...cacheNote(all),
  ];
  return resizeAndLimit(
    {
      name: 'stl10',
      train: slice(all, 0, unlabeled + train),
      reference: { ...slice(all, unlabeled, unlabeled + train), labels: trainLabels, classes },
      queries: { ...slice(all, unlabeled + train, all.count), labels: testLabels, classes },
      skipped: [],
      ...(note.length > 0 && { note: note.join('; ') }),
    },
    parts,
  );
}

/** How many images each file holds, and the contents of the others. */
async function survey(files: Stl10Files, signal?: AbortSignal) {
  const counts = new Map<string, number>();
  const metadata = new Map<string, Buffer>();
  for await (const { file, size, bytes } of files.each(signal)) {
    if (imageFiles.includes(file)) {
      if (size % bytesPerImage !== 0) {
        throw new UserError(
          `${join(files.path, file)}: ${size} bytes, expected a whole number of ${bytesPerImage}-byte images; it is damaged or cut short`,
        );
      }
      counts.set(file, size / bytesPerImage);
    } else if (file === classNamesFile || labelFiles.includes(file)) {
      metadata.set(file, await readBounded(bytes(), join(files.path, file)));
    }
  }
  for (const file of imageFiles.slice(1)) {
    if (!counts.get(file))
      throw new UserError(`${join(files.path, file)}: missing; STL-10 is ${imageFiles.join(', ')}, ...`);
  }
  return { counts, metadata };
}
