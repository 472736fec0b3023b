import { openCollection } from '../../collection/collection.js';
import { resizeAndLimit } from '../../collection/resize-and-limit.js';
import type { OpenParts } from '../../options.js';
import type { DataSet } from '../../set/image-set.js';
import { openSource } from '../../sources/open-source.js';
import { readBounded } from '../../sources/read-bounded.js';
import { locate } from '../locate.js';
import { partNote } from '../partial-note.js';
import { labelOf, locateIn, partsOf } from './files.js';
import { classNames, missing, Records } from './records.js';
import type { CifarLike } from './sets.js';

const COUNTS = { train: 50_000, test: 10_000 };

/**
 * Opens CIFAR-10 or CIFAR-100 in its official binary version, from its folder (each file gzipped or
 * not) or straight from its archive: 32x32 RGB, bank = the training images, queries = the test
 * images, both in official order; of CIFAR-100 the fine labels. Where there are only images in
 * class folders under that name, those are taken.
 *
 * @throws UserError where it is not found, or a file is missing, damaged or of a wrong length
 */
export async function openCifar(set: CifarLike, parts: OpenParts): Promise<DataSet> {
  const { progress } = parts;
  const files = [...set.train, set.test, set.names];
  const place = await locate(
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
      locateIn: (folder) => locateIn(set, folder),
    },
    parts.locate,
    progress,
  );
  if (place.kind === 'images') return fromImages(set, place.path, parts);
  const train = new Records(set, set.train, COUNTS.train / set.train.length);
  const test = new Records(set, [set.test], COUNTS.test);
  const label = (file: string) => labelOf(place, file);
  let names: string | undefined;
  for await (const { file, pieces } of partsOf(set, place, progress.signal)) {
    if (file === set.names) names = (await readBounded(pieces, label(file))).toString('utf8');
    else await (file === set.test ? test : train).read(file, pieces, label(file));
  }
  if (names === undefined) throw missing(set, label(set.names));
  const classes = classNames(set, names, label(set.names));
  const bank = train.images(classes, label);
  const queries = test.images(classes, label);
  const note = partNote(set.title, [
    ['training images', bank.count, COUNTS.train],
    ['test images', queries.count, COUNTS.test],
  ]).join();
  return resizeAndLimit({ name: set.name, train: bank, bank, queries, skipped: [], ...(note && { note }) }, parts);
}

async function fromImages(set: CifarLike, path: string, parts: OpenParts): Promise<DataSet> {
  const source = await openSource(path, parts.progress);
  const note = `${set.title} from the images in ${path}; unless they are lossless, results are not those of the official pixels`;
  return openCollection({ ...source, name: set.name, notes: [...source.notes, note] }, parts);
}
