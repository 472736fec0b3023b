import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Device } from 'tandem-torch';
import { chooseDevice } from '../device.js';
import { UsageError } from '../errors.js';
import { rowsOfChunk, skippedIn, streamFor } from '../evaluate/embed/rows.js';
import { asUnitRows } from '../evaluate/embed/unit-rows.js';
import type { JobHooks, Opening } from '../evaluate/index.js';
import { refuseLimit } from '../evaluate/open.js';
import { digest } from '../files/digest.js';
import { refuseTooMany } from '../images/decode/skipped.js';
import { dataSets, type SkippedFile } from '../images/index.js';
import { type EncoderChoice, type OpenedEncoder, openEncoder } from '../runs/index.js';
import { isPostgres, openPlace, shownPlace } from './open-place.js';
import type { Collection } from './place.js';

/** Which encoder, which images, and where their vectors are kept. */
export interface IndexOptions extends Opening {
  /** A run folder, or a file of weights. */
  readonly encoder: string;
  /** A data set's name, a folder of images at any depth, an archive, or shards. */
  readonly images: string;
  /** A folder, or `postgres://...` */
  readonly to: string;
  /** Which of a run's encoders; defaults to the kept one. */
  readonly which?: Exclude<EncoderChoice, 'both'> | undefined;
  /** Defaults to `auto`, the best there is. */
  readonly device?: string | undefined;
}

/** What was done. */
export interface Indexed {
  /** The encoder's file. */
  readonly encoder: string;
  /** The place, without a password. */
  readonly place: string;
  /** Images of this folder that are in it now. */
  readonly images: number;
  /** Images that are new in it. */
  readonly added: number;
  /** Images whose files were changed since. */
  readonly changed: number;
  /** Images that are gone, and taken out of it. */
  readonly removed: number;
  /** Files that are not in it, with the reason. */
  readonly skipped: readonly SkippedFile[];
}

/**
 * Puts the vectors of images where they can be searched. Images that are there already and have not
 * changed are left, those that are gone are taken out; what an interrupted call did stays done.
 * @throws UserError where there is no such encoder, there are no images, too many cannot be read,
 * or the place cannot be written
 */
export async function indexImages(options: IndexOptions, hooks: JobHooks = {}): Promise<Indexed> {
  refuseLimit(options);
  if (options.to.trim() === '') throw new UsageError('--to must name a folder, or postgres://...');
  const device = chooseDevice(options.device ?? 'auto');
  const opened = openEncoder(options.encoder, options.which);
  try {
    if (opened.note) hooks.onNote?.(opened.note);
    opened.encoder.to({ device });
    const onProgress = (done: number, total: number) => {
      hooks.onProgress?.(done, total, 'approximate index');
      hooks.signal?.throwIfAborted();
    };
    const place = await openPlace(options.to, { mustExist: false, onProgress });
    try {
      const facts = {
        sha256: digest([opened.file]),
        path: resolve(options.encoder),
        width: opened.encoder.featureWidth,
      };
      const collection = await place.collection(facts, nameOf(options.images));
      try {
        return await fill(collection, opened, device, options, hooks);
      } finally {
        await collection.close();
      }
    } finally {
      await place.close();
    }
  } finally {
    opened.encoder.dispose();
  }
}

/** The same however a folder is called. */
function nameOf(images: string): string {
  if (dataSets.includes(images)) return images;
  return existsSync(images) ? realpathSync(images) : images;
}

async function fill(
  collection: Collection,
  opened: OpenedEncoder,
  device: Device,
  options: IndexOptions,
  hooks: JobHooks,
): Promise<Indexed> {
  const stream = await streamFor(opened, options, hooks);
  const before = await collection.states();
  const removed = [...before.keys()].filter((file) => !stream.states.has(file));
  const isKept = (file: string) => before.has(file) && before.get(file) === stream.states.get(file);
  const kept = [...stream.states.keys()].filter(isKept);
  if (removed.length > 0) await collection.remove(removed);
  if (kept.length > 0) hooks.onNote?.(`${kept.length} of ${stream.total} images are indexed already`);
  const rowsOf = asUnitRows(opened.encoder.featureWidth);
  const skipped: SkippedFile[] = [];
  let [added, changed] = [0, 0];
  for await (const chunk of stream.chunks(new Set(kept))) {
    const { entries, rows } = rowsOfChunk(chunk, opened, device, options.images, { rowsOf });
    const good = entries.filter(({ skipped: reason }) => reason === undefined);
    const found = good.map(({ file, label = -1 }) => {
      return { file, class: stream.classes?.[label], state: stream.states.get(file) ?? '' };
    });
    if (found.length > 0) await collection.put(found, rows);
    const bad = skippedIn(entries);
    // What an earlier state of it gave is not it any more.
    const stale = bad.map(({ file }) => file).filter((file) => before.has(file));
    if (stale.length > 0) await collection.remove(stale);
    skipped.push(...bad);
    const again = found.filter(({ file }) => before.has(file)).length;
    changed += again;
    added += found.length - again;
    hooks.onProgress?.(kept.length + added + changed + skipped.length, stream.total, '');
    hooks.signal?.throwIfAborted();
  }
  refuseTooMany(options.images, stream.total, skipped, options.maxSkippedShare);
  const note = await collection.finish();
  if (note !== undefined) hooks.onNote?.(note);
  const place = isPostgres(options.to) ? shownPlace(options.to) : options.to;
  const images = kept.length + added + changed;
  return { encoder: opened.file, place, images, added, changed, removed: removed.length, skipped };
}
