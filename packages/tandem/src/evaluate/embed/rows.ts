import { type Device, type distributed, scope } from 'tandem-torch';
import { UserError } from '../../errors.js';
import { makeFolder } from '../../files/make-folder.js';
import { isOfTheDisk, systemMessage } from '../../files/system-error.js';
import { refuseTooMany } from '../../images/decode/skipped.js';
import { type ImageChunk, type ImageStream, type SkippedFile, streamImages } from '../../images/index.js';
import type { OpenedEncoder } from '../../runs/index.js';
import { checkChannels, encoderView, pixelsOf } from '../../weights/index.js';
import { features } from '../features.js';
import type { JobHooks } from '../hooks.js';
import { type Opening, openingFor } from '../open.js';
import type { Facts } from './formats.js';
import { type About, type Entry, Journal } from './journal.js';
import { lockPartial, type Output, resumable, writeOutput } from './output.js';
import { type Made, sharedRows } from './shared-rows.js';

/** Where images come from. */
export interface RowOptions extends Opening {
  /** As it was asked for: a run folder or a file. */
  readonly encoder: string;
  /** As they were asked for. */
  readonly images: string;
  /** The processes that share the work, of which the first writes; defaults to this one alone. */
  readonly group?: distributed.ProcessGroup | undefined;
}

/** What becomes of the features of images. */
export interface RowJob {
  readonly output: Output;
  /** What the rows are, beside the images. */
  readonly about: Pick<About, 'encoder' | 'width' | 'normalized'>;
  /**
   * The rows of some images, from their features; those that have none are left out of the rows,
   * with the reason under their number.
   */
  rowsOf(features: Float32Array): { readonly rows: Float32Array; readonly without: ReadonlyMap<number, string> };
  /** What stands in the file beside the rows. */
  facts(about: About): Facts;
  /** Looks at the finished rows before the file is written. */
  onRows?(journal: Journal): void;
}

/** What was written. */
export interface RowsMade {
  /** Images that have a row. */
  readonly images: number;
  /** Files without one, with the reason. */
  readonly skipped: readonly SkippedFile[];
  /** The output, and for .npy the names of the images beside it. */
  readonly files: readonly string[];
}

/**
 * Writes a row for each of any number of images. What is computed is kept beside the output until
 * that is whole, so that the same call after an interruption resumes there.
 */
export async function writeRows(
  opened: OpenedEncoder,
  device: Device,
  job: RowJob,
  options: RowOptions,
  hooks: JobHooks,
): Promise<RowsMade> {
  const { output } = job;
  const stream = await streamFor(opened, options, hooks);
  if (options.group && options.group.rank > 0) return help(stream, opened, device, job, options, hooks);
  makeFolder(output.partial);
  const unlock = lockPartial(output.partial);
  try {
    const journal = openJournal(job, stream, options, hooks);
    await fill(journal, stream, opened, device, job, options, hooks);
    const skipped = skippedIn(journal.entries);
    // What was computed stays: with a larger share the same call only writes the file.
    refuseTooMany(options.images, journal.entries.length, skipped, openingFor(options).maxSkippedShare);
    job.onRows?.(journal);
    hooks.onNote?.(`writing ${output.file}`);
    await writeOutput(journal, output, job.facts(journal.about));
    const files = [output.file, ...(output.names ? [output.names] : [])];
    return { images: journal.rows.length, skipped, files };
  } catch (error) {
    if (!isOfTheDisk(error)) throw error;
    throw new UserError(`${systemMessage(error) ?? error.message}; ${resumable}`);
  } finally {
    unlock();
  }
}

/** The images as an encoder takes them; what is to be said of them is said. */
export async function streamFor(
  { card }: OpenedEncoder,
  options: RowOptions,
  { onNote, onProgress, signal }: JobHooks,
): Promise<ImageStream> {
  const opening = { size: card.size, ...pixelsOf(card), ...openingFor(options) };
  const stream = await streamImages(options.images, { ...opening, signal, onProgress });
  for (const note of stream.notes) onNote?.(note);
  return stream;
}

/** Those without a row. */
export function skippedIn(entries: readonly Entry[]): SkippedFile[] {
  return entries.flatMap(({ file, skipped: reason }) => (reason === undefined ? [] : [{ file, reason }]));
}

function openJournal(
  { about, output: { partial } }: RowJob,
  { total, classes, fingerprint }: ImageStream,
  { images }: RowOptions,
  { onNote }: JobHooks,
): Journal {
  const { encoder, width, normalized } = about;
  const journal = new Journal(partial, {
    ...{ encoder, images, fingerprint, total, width },
    ...(classes && { classes }),
    ...(normalized && { normalized }),
  });
  if (journal.isDamaged) {
    onNote?.(
      `${partial} was damaged after ${journal.entries.length} of ${total} images: the others are computed again`,
    );
  }
  if (journal.entries.length > 0) onNote?.(`resuming after ${journal.entries.length} of ${total} images`);
  return journal;
}

/** Computes what the journal does not hold yet. */
async function fill(
  journal: Journal,
  stream: ImageStream,
  opened: OpenedEncoder,
  device: Device,
  job: Pick<RowJob, 'rowsOf'>,
  options: RowOptions,
  { onProgress, signal }: JobHooks,
): Promise<void> {
  const done = journal.entries.map(({ file }) => file);
  for await (const { entries, rows } of rowsOf(stream, done, opened, device, job, options, signal)) {
    journal.add(entries, rows);
    onProgress?.(journal.entries.length, stream.total, '');
    signal?.throwIfAborted();
  }
}

/** Computes with the first process, which writes. */
async function help(
  stream: ImageStream,
  opened: OpenedEncoder,
  device: Device,
  job: Pick<RowJob, 'rowsOf'>,
  options: RowOptions,
  { signal }: JobHooks,
): Promise<RowsMade> {
  let images = 0;
  const skipped: SkippedFile[] = [];
  for await (const { entries } of rowsOf(stream, [], opened, device, job, options, signal)) {
    const without = skippedIn(entries);
    skipped.push(...without);
    images += entries.length - without.length;
  }
  return { images, skipped, files: [] };
}

/** What all images give but those that are done, some at a time. */
function rowsOf(
  stream: ImageStream,
  done: readonly string[],
  opened: OpenedEncoder,
  device: Device,
  job: Pick<RowJob, 'rowsOf'>,
  { images, group }: RowOptions,
  signal: AbortSignal | undefined,
): AsyncGenerator<Made> {
  const make = async function* (without: Pick<ReadonlySet<string>, 'has'>) {
    for await (const chunk of stream.chunks(without)) yield rowsOfChunk(chunk, opened, device, images, job);
  };
  if (!group) return make(new Set(done));
  return sharedRows(stream, { group, width: opened.encoder.featureWidth, done, signal, make });
}

/** The entries of a chunk's images, and the rows of those that have one. */
export function rowsOfChunk(
  { set, skipped }: ImageChunk,
  { encoder, card }: OpenedEncoder,
  device: Device,
  images: string,
  { rowsOf }: Pick<RowJob, 'rowsOf'>,
): { readonly entries: Entry[]; readonly rows: Float32Array } {
  const bad = skipped.map(({ file, reason }): Entry => ({ file, skipped: reason }));
  if (set.count === 0) return { entries: bad, rows: new Float32Array(0) };
  checkChannels(images, set.channels, card);
  const numbers = scope(() =>
    features(encoder, set, { view: encoderView(card), device, alike: true })
      .to('cpu')
      .data(),
  );
  const { rows, without } = rowsOf(numbers as Float32Array);
  const good = set.files.map((file, i): Entry => {
    const reason = without.get(i);
    if (reason !== undefined) return { file, skipped: reason };
    const label = set.labels?.[i] ?? -1;
    return { file, ...(label >= 0 && { label }) };
  });
  return { entries: [...good, ...bad], rows };
}
