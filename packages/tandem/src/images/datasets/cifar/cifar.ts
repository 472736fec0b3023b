import { openCollection } from '../../collection/collection.js';
import { resizeAndLimit } from '../../collection/resize-and-limit.js';
import type { OpenParts } from '../../options.js';
import type { DataSet } from '../../set/image-set.js';
import { openSource } from '../../sources/open-source.js';
import { readBounded } from '../../sources/read-bounded.js';
import { locate } from '../locate.js';
import type { NamedDataSet } from '../named.js';
import { partialNote } from '../partial-note.js';
import { eachFile, shownPath, whereaboutsOf } from './files.js';
import { classNames, missing, Records } from './records.js';
import { type CifarLike, cifar10Files, cifar100Files } from './sets.js';

/** CIFAR-10, in any of its forms. */
export const cifar10: NamedDataSet = {
  ...cifar10Files,
  hint: {
    file: /^data_batch_1\.bin$/,
    advice: "holds CIFAR-10's binary files. Say cifar10, with the folder around them as data root",
  },
  open: (parts) => openCifar(cifar10Files, parts),
};

/** CIFAR-100, in any of its forms. */
export const cifar100: NamedDataSet = { ...cifar100Files, open: (parts) => openCifar(cifar100Files, parts) };

const counts = { train: 50_000, test: 10_000 };

/**
 * Opens CIFAR-10 or CIFAR-100 in its official binary version, from its folder (each file gzipped or
 * not) or straight from its archive: 32x32 RGB, reference = the training images, queries = the test
 * images, both in official order; of CIFAR-100 the fine labels. Where there are only images in
 * class folders under that name, those are taken.
 *
 * @throws UserError where it is not found, or a file is missing, damaged or of a wrong length
 */
async function openCifar(set: CifarLike, parts: OpenParts): Promise<DataSet> {
  const { progress } = parts;
  const files = await locate(whereaboutsOf(set), parts.locate, progress);
  if (files.kind === 'images') return fromImages(set, files.path, parts);
  const shown = (file: string) => shownPath(files, file);
  const train = new Records(set, set.train, counts.train / set.train.length);
  const test = new Records(set, [set.test], counts.test);
  let names: string | undefined;
  for await (const { file, pieces } of eachFile(set, files, progress.signal)) {
    if (file === set.names) names = (await readBounded(pieces, shown(file))).toString('utf8');
    else await (file === set.test ? test : train).read(file, pieces, shown(file));
  }
  if (names === undefined) throw missing(set, shown(set.names));
  const classes = classNames(set, names, shown(set.names));
  const images = train.images(classes, shown);
  const queries = test.images(classes, shown);
  const note = partialNote(set.title, [
    ['training images', images.count, counts.train],
    ['test images', queries.count, counts.test],
  ]).join();
  return resizeAndLimit(
    { name: set.name, train: images, reference: images, queries, skipped: [], ...(note && { note }) },
    parts,
  );
}

async function fromImages(set: CifarLike, path: string, parts: OpenParts): Promise<DataSet> {
  const source = await openSource(path, parts.progress);
  const note = `${set.title} from the images in ${path}; unless they are lossless, results are not those of the official pixels`;
  return openCollection({ ...source, name: set.name, notes: [...source.notes, note] }, parts);
}
