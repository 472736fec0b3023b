import { UserError } from '../../errors.js';
import { viewSize } from '../decode/decode-all.js';
import { refuseTooMany } from '../decode/skipped.js';
import type { OpenOptions } from '../options.js';
import { type DataSet, slice } from '../set/image-set.js';
import { balanced, holdOut } from '../set/sampling.js';
import { FORMATS } from '../sources/formats.js';
import type { Source } from '../sources/source.js';
import { foldersOf } from './annotations.js';
import { type Item, type Layout, layoutOf } from './class-folders.js';
import { cacheNote, imagesOf } from './decoded-set.js';

/**
 * Makes a data set of a folder's or an archive's images, as their folders say (see `layoutOf`).
 * With a limit, files are chosen before they are decoded.
 *
 * @throws UserError where there are no images; TooManySkipped where too many cannot be decoded (see
 * `OpenOptions.maxSkippedShare`)
 */
export async function openCollection(source: Source, options: OpenOptions): Promise<DataSet> {
  if (source.paths.length === 0) throw nothingFound(source);
  const layout = layoutOf(source.paths, await foldersOf(source));
  const plan = planOf(layout, options);
  const { classes } = layout;
  const { set: all, places, skipped: undecoded } = await imagesOf(source, plan.items, classes, options);
  const skipped = [...source.faults, ...undecoded];
  refuseTooMany(source.where, plan.items.length + source.faults.length, skipped, options.maxSkippedShare);

  const bankCount = places.filter((i) => i < plan.bankCount).length;
  const trainCount = plan.heldOut ? all.count : bankCount;
  if (trainCount === 0) throw new UserError(`${source.where}: none of the images to learn from could be decoded`);
  const bank = slice(all, 0, bankCount);
  const queries = slice(all, bankCount, all.count);
  const notes = [
    ...layout.notes,
    ...(plan.heldOut ? [heldOutNote(queries.count, all.count)] : []),
    ...source.notes,
    ...cacheNote(all),
  ];
  return {
    name: source.name,
    train: plan.heldOut ? all : bank,
    ...(classes && bank.count > 0 && queries.count > 0 && { bank, queries }),
    skipped,
    size: viewSize(all.height, options),
    ...(layout.misfit && { misfit: layout.misfit }),
    ...(notes.length > 0 && { note: notes.join('. ') }),
  };
}

interface Plan {
  /**
   * What to decode: first what becomes the bank, then the queries, so that all sets are windows of
   * one buffer.
   */
  readonly items: readonly Item[];
  readonly bankCount: number;
  /** Whether the queries are held out of the training images, and so learned from as well. */
  readonly heldOut: boolean;
}

function planOf(layout: Layout, { limit, seed = 0 }: OpenOptions): Plan {
  const train = drawn(layout.train, limit, seed);
  if (!layout.classes) return { items: train, bankCount: train.length, heldOut: false };
  if (layout.queries) {
    const queries = drawn(layout.queries, limit, seed);
    return { items: [...train, ...queries], bankCount: train.length, heldOut: false };
  }
  // Whatever the run's seed, so that runs are measured alike, by every command.
  const { bank, queries } = holdOut(labelsOf(train) as number[], 0);
  const items = [...bank, ...queries].map((i) => train[i] as Item);
  return { items, bankCount: bank.length, heldOut: true };
}

function drawn(items: readonly Item[], limit: number | undefined, seed: number): readonly Item[] {
  if (limit === undefined || limit >= items.length) return items;
  return balanced(items.length, labelsOf(items), limit, seed).map((i) => items[i] as Item);
}

function labelsOf(items: readonly Item[]): number[] | undefined {
  return items[0]?.label === undefined ? undefined : items.map((item) => item.label as number);
}

function heldOutNote(queries: number, all: number): string {
  if (queries === 0) return 'no k-NN queries: no class has two images';
  return `every tenth image of each class (${queries} of ${all}) is held out as k-NN queries; methods without labels learn from them too`;
}

function nothingFound({ where, others, notes }: Source): UserError {
  const names = new Set(others.map((path) => path.slice(path.lastIndexOf('/') + 1)));
  if (names.has('data_batch_1.bin')) {
    return new UserError(
      `${where}: holds CIFAR-10's binary files. Say cifar10, with the folder around them as data root`,
    );
  }
  if ([...names].some((name) => /^train-images[-.]idx3-ubyte(\.gz)?$/.test(name))) {
    return new UserError(`${where}: holds idx files. Say mnist or fashion-mnist, with this folder as data root`);
  }
  const seen = others.length === 0 ? 'it is empty' : `its ${others.length} files are of other kinds`;
  const left = notes.length > 0 ? ` (${notes.join('; ')})` : '';
  return new UserError(`${where}: no images: ${seen}${left}. Expected files of these formats at any depth: ${FORMATS}`);
}
