import { join } from 'node:path';
import { UserError } from '../../../errors.js';
import { cacheNote } from '../../collection/decoded-set.js';
import { resizeAndLimit } from '../../collection/resize-and-limit.js';
import type { OpenParts } from '../../options.js';
import { type DataSet, type ImageSet, slice } from '../../set/image-set.js';
import { readBounded } from '../../sources/read-bounded.js';
import { locate } from '../locate.js';
import { partNote } from '../partial-note.js';
import { EXPECTED, IMAGES, LABELS, locateIn, NAMES, type Place } from './files.js';
import { classNames, labels } from './labels.js';
import { IMAGE, storedImages } from './pixels.js';

/**
 * Opens STL-10 in its official binary version, from its folder or archive: 96x96 RGB. Learned from
 * are the 100,000 unlabeled images and the 5,000 of train; bank = train, queries = test. Without
 * unlabeled_X.bin train alone is learned from.
 *
 * @throws UserError where it is not found, or a file is missing or of a wrong length
 */
export async function openStl10(parts: OpenParts): Promise<DataSet> {
  const place = await locate(
    {
      name: 'stl10',
      folders: ['stl10', 'STL10', 'stl-10'],
      expected: EXPECTED,
      origin: 'It comes from https://cs.stanford.edu/~acoates/stl10/',
      downloads: [
        {
          file: 'stl10_binary.tar.gz',
          urls: ['http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz'],
          md5: '91f7769df0f17e558f3565bffb0c7dfb',
        },
      ],
      locateIn,
    },
    parts.locate,
    parts.progress,
  );
  const { counts, small } = await survey(place, parts.progress.signal);
  const [unlabeled = 0, train = 0, test = 0] = IMAGES.map((file) => counts.get(file) ?? 0);
  const classes = classNames(place, small);
  const trainLabels = labels(place, small, 'train', train, classes.length);
  const testLabels = labels(place, small, 'test', test, classes.length);
  const { pixels, side } = await storedImages(place, counts, parts);
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
    ...partNote('STL-10', [
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
      bank: { ...slice(all, unlabeled, unlabeled + train), labels: trainLabels, classes },
      queries: { ...slice(all, unlabeled + train, all.count), labels: testLabels, classes },
      skipped: [],
      ...(note.length > 0 && { note: note.join('. ') }),
    },
    parts,
  );
}

/** How many images each file holds, and the contents of the others. */
async function survey(place: Place, signal?: AbortSignal) {
  const counts = new Map<string, number>();
  const small = new Map<string, Buffer>();
  for await (const { file, size, bytes } of place.parts(signal)) {
    if (IMAGES.includes(file)) {
      if (size % IMAGE !== 0) {
        throw new UserError(
          `${join(place.path, file)}: ${size} bytes, expected a whole number of ${IMAGE}-byte images; it is damaged or cut short`,
        );
      }
      counts.set(file, size / IMAGE);
    } else if (file === NAMES || LABELS.includes(file)) {
      small.set(file, await readBounded(bytes(), join(place.path, file)));
    }
  }
  for (const file of IMAGES.slice(1)) {
    if (!counts.get(file))
      throw new UserError(`${join(place.path, file)}: missing; STL-10 is ${IMAGES.join(', ')}, ...`);
  }
  return { counts, small };
}
