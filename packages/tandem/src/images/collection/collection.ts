/**
 * From a source to a data set: what its folders and files say of classes and split
 * (`layout.ts`),
 * which images are used, where the decoded ones are kept (`decoded-set.ts`), and what the user is
 * told. The room knows the rooms below it, and no data set by name.
 */

import { UserError } from '../../errors.js';
import { viewSize } from '../decode/side.js';
import { firstOf, refuseTooMany } from '../decode/skipped.js';
import type { OpenParts, SampleOptions } from '../options.js';
import { type DataSet, slice } from '../set/image-set.js';
import { formatNotes } from '../set/in-channels.js';
import { balanced, holdOut } from '../set/sampling.js';
import { formatNames } from '../sources/formats.js';
import type { Source } from '../sources/source.js';
import { cacheNote, decodedSet } from './decoded-set.js';
import { someOf } from './entry.js';
import { laidOut } from './laid-out.js';
import type { Item, Layout } from './layout.js';
import { masksAmong } from './masks.js';

/**
 * Makes a data set of a folder's or an archive's images, as their folders say (see `layoutOf`).
 * With a limit, files are chosen before they are decoded.
 *
 * @throws UserError where there are no images; TooManySkippedError where too many cannot be decoded
 * (see `OpenOptions.maxSkippedShare`)
 */
export async function openCollection(
  source: Source,
  { maxSkippedShare, layout: choice, columns, ...parts }: Omit<OpenParts, 'locate'>,
): Promise<DataSet> {
  if (source.paths.length === 0) throw nothingFound(source);
  const masks = masksAmong(source.paths);
  const images = source.paths.filter((path) => !masks.has(path));
  const layout = await laidOut(source, images, choice, columns);
  const { items, referenceCount, isHeldOut } = planOf(layout, parts.sample);
  const { classes } = layout;
  const { set: all, indices, skipped: undecoded } = await decodedSet(source, items, classes, parts);
  const skipped = [...source.faults, ...undecoded];
  refuseTooMany(source.where, items.length + source.faults.length, skipped, maxSkippedShare);

  const decodedCount = indices.filter((i) => i < referenceCount).length;
  const reference = slice(all, 0, decodedCount);
  const queries = slice(all, decodedCount, all.count);
  const train = isHeldOut ? all : reference;
  if (train.count === 0) throw new UserError(`${source.where}: none of the images to learn from could be decoded`);
  const notes = [
    ...layout.notes,
    ...(isHeldOut ? [heldOutNote(queries.count, all.count)] : []),
    ...(masks.size > 0 ? [maskNote(masks)] : []),
    ...source.notes,
    ...(source.state === undefined ? formatNotes(all, parts.pixels.channels) : []),
    ...cacheNote(all),
  ];
  return {
    name: source.name,
    train,
    ...(classes && reference.count > 0 && queries.count > 0 && { reference, queries }),
    skipped,
    size: viewSize(all.height, parts.sizing),
    ...(layout.misfit && { misfit: layout.misfit }),
    ...(notes.length > 0 && { note: notes.join('; ') }),
  };
}

interface Plan {
  /**
   * What to decode: first the reference set of k-NN, then the queries, so that all sets are windows
   * of one buffer.
   */
  readonly items: readonly Item[];
  readonly referenceCount: number;
  /** Whether the queries are held out of the training images, and so learned from as well. */
  readonly isHeldOut: boolean;
}

function planOf(layout: Layout, { limit, seed = 0 }: SampleOptions): Plan {
  const train = drawn(layout.train, limit, seed);
  if (!layout.classes) return { items: train, referenceCount: train.length, isHeldOut: false };
  if (layout.queries) {
    const queries = drawn(layout.queries, limit, seed);
    return { items: [...train, ...queries], referenceCount: train.length, isHeldOut: false };
  }
  // Whatever the run's seed, so that runs are measured alike, by every command.
  const { reference, queries } = holdOut(labelsOf(train) as number[], 0);
  const items = [...reference, ...queries].map((i) => train[i] as Item);
  return { items, referenceCount: reference.length, isHeldOut: true };
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

function maskNote(masks: ReadonlySet<string>): string {
  return `${masks.size} masks beside images are left out, such as ${someOf(masks, 1)}`;
}

function nothingFound({ where, others, notes, faults }: Source): UserError {
  if (faults.length > 0) {
    return new UserError(`${where}: none of its ${faults.length} images can be used: ${firstOf(faults)}`);
  }
  const seen = others.length === 0 ? 'it is empty' : `its ${others.length} files are of other kinds`;
  const leftOut = notes.length > 0 ? ` (${notes.join('; ')})` : '';
  return new UserError(
    `${where}: no images: ${seen}${leftOut}. Expected files of these formats at any depth: ${formatNames}`,
  );
}
