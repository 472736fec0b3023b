import { basename } from 'node:path';
import { type Device, scope } from 'tandem-torch';
import { chooseDevice } from '../../device.js';
import { UsageError, UserError } from '../../errors.js';
import { digest } from '../../files/digest.js';
import { makeFolder } from '../../files/make-folder.js';
import { isOfTheDisk, systemMessage } from '../../files/system-error.js';
import { refuseTooMany } from '../../images/decode/skipped.js';
import { dataSets, type ImageChunk, type ImageStream, type SkippedFile, streamImages } from '../../images/index.js';
import { runOf } from '../../runs/encoder-files.js';
import { type EncoderChoice, type OpenedEncoder, openEncoder } from '../../runs/index.js';
import { checkChannels, encoderView, pixelsOf } from '../../weights/index.js';
import { features } from '../features.js';
import type { JobHooks } from '../hooks.js';
import { type Opening, openingFor } from '../open.js';
import type { Facts } from './formats.js';
import { type Entry, Journal } from './journal.js';
import { lockPartial, type Output, outputFor, resumable, writeOutput } from './output.js';
import { noDirection, unitRows } from './unit-rows.js';

/** Which encoder, which images, and where their features go. */
export interface EmbedOptions extends Opening {
  /**
   * A run folder, or a file of weights: of a run, or a ResNet of torchvision's or Hugging Face's.
   */
  readonly encoder: string;
  /** A data set's name, a folder of images at any depth, an archive, or shards. */
  readonly images: string;
  /** What to write; its ending says how: .npy, .npz, .parquet or .jsonl. */
  readonly out: string;
  /** Which of a run's encoders; defaults to the kept one. */
  readonly which?: Exclude<EncoderChoice, 'both'> | undefined;
  /** Defaults to `auto`, the best there is. */
  readonly device?: string | undefined;
  /**
   * Whether to write vectors of length 1, whose product is a cosine; defaults to false. An image
   * whose features are all zero has none, and is among the skipped.
   */
  readonly normalize?: boolean | undefined;
}

/** What was written. */
export interface Embedded {
  /** The encoder's file. */
  readonly encoder: string;
  /** Side of the images that it saw, in pixels. */
  readonly size: number;
  /** Images with features, and how many features each has. */
  readonly images: number;
  /** Features of an image. */
  readonly width: number;
  /** Files without features, with the reason. */
  readonly skipped: readonly SkippedFile[];
  /** `out`, and for .npy the names of the images beside it. */
  readonly files: readonly string[];
}

/**
 * Writes an encoder's features of any number of images to a file. What is computed is kept beside
 * that file until it is whole, so that the same call after an interruption resumes there.
 * @throws UserError where the file exists or is being written, there is no such encoder, there are
 * no images, or too many cannot be read; UsageError for another ending
 */
export async function embedImages(options: EmbedOptions, hooks: JobHooks = {}): Promise<Embedded> {
  const output = outputFor(options.out);
  if (options.limit !== undefined && !dataSets.includes(options.images))
    throw new UsageError('--limit is for data sets known by name');
  const device = chooseDevice(options.device ?? 'auto');
  const opened = openEncoder(options.encoder, options.which);
  try {
    if (opened.note) hooks.onNote?.(opened.note);
    opened.encoder.to({ device });
    return await embedWith(opened, device, output, options, hooks);
  } finally {
    opened.encoder.dispose();
  }
}

async function embedWith(
  opened: OpenedEncoder,
  device: Device,
  output: Output,
  options: EmbedOptions,
  hooks: JobHooks,
): Promise<Embedded> {
  const { onNote, onProgress, signal } = hooks;
  const { size } = opened.card;
  const opening = openingFor(options);
  const stream = await streamImages(options.images, { size, ...pixelsOf(opened.card), ...opening, signal, onProgress });
  for (const note of stream.notes) onNote?.(note);
  makeFolder(output.partial);
  const unlock = lockPartial(output.partial);
  try {
    const journal = openJournal(opened, stream, options, output, hooks);
    await fill(journal, stream, opened, options, device, hooks).catch((error) => {
      if (!isOfTheDisk(error)) throw error;
      throw new UserError(`${systemMessage(error) ?? error.message}; ${resumable}`);
    });
    const skipped = journal.entries.flatMap(({ file, skipped: reason }) =>
      reason === undefined ? [] : [{ file, reason }],
    );
    // What was computed stays: with a larger share the same call only writes the file.
    refuseTooMany(options.images, journal.entries.length, skipped, opening.maxSkippedShare);
    onNote?.(`writing ${output.file}`);
    await writeOutput(journal, output, factsOf(opened, journal, options));
    const { width } = journal.about;
    const files = [output.file, ...(output.names ? [output.names] : [])];
    return { encoder: opened.file, size, images: journal.rows.length, width, skipped, files };
  } finally {
    unlock();
  }
}

function openJournal(
  { file, encoder }: OpenedEncoder,
  { total, classes, fingerprint }: ImageStream,
  { images, normalize }: EmbedOptions,
  { partial }: Output,
  { onNote }: JobHooks,
): Journal {
  const about = { encoder: digest([file]), images, fingerprint, total, width: encoder.featureWidth };
  const journal = new Journal(partial, {
    ...about,
    ...(classes && { classes }),
    ...(normalize && { normalized: true }),
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
  options: EmbedOptions,
  device: Device,
  { onProgress, signal }: JobHooks,
): Promise<void> {
  for await (const chunk of stream.chunks(new Set(journal.entries.map(({ file }) => file)))) {
    journal.add(...entriesOf(chunk, opened, options, device));
    onProgress?.(journal.entries.length, stream.total, '');
    signal?.throwIfAborted();
  }
}

function entriesOf(
  { set, skipped }: ImageChunk,
  { encoder, card }: OpenedEncoder,
  { images, normalize }: EmbedOptions,
  device: Device,
): [Entry[], Float32Array] {
  const bad = skipped.map(({ file, reason }): Entry => ({ file, skipped: reason }));
  if (set.count === 0) return [bad, new Float32Array(0)];
  checkChannels(images, set.channels, card);
  const good = set.files.map((file, i): Entry => {
    const label = set.labels?.[i] ?? -1;
    return { file, ...(label >= 0 && { label }) };
  });
  const numbers = scope(() =>
    features(encoder, set, { view: encoderView(card), device, alike: true })
      .to('cpu')
      .data(),
  );
  if (!normalize) return [[...good, ...bad], numbers as Float32Array];
  const { rows, zero } = unitRows(numbers as Float32Array, encoder.featureWidth);
  const named = good.map((entry, i): Entry => (zero.has(i) ? { file: entry.file, skipped: noDirection } : entry));
  return [[...named, ...bad], rows];
}

/** Where the rows come from; of places, the last part only. */
function factsOf(
  { name, epoch, card }: OpenedEncoder,
  { about }: Journal,
  { encoder, images, normalize }: EmbedOptions,
): Facts {
  const run = runOf(encoder);
  return {
    ...(run !== undefined && { run: basename(run) }),
    encoder: name,
    encoder_sha256: about.encoder,
    ...(epoch !== undefined && { epoch: String(epoch) }),
    images: basename(images),
    size: String(card.size),
    width: String(about.width),
    normalized: String(normalize === true),
  };
}
