import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { type Device, scope } from 'tandem-torch';
import { chooseDevice } from '../../device.js';
import { didYouMean, UsageError, UserError } from '../../errors.js';
import { digest } from '../../files/digest.js';
import { moveUnlessThere, refuseExisting } from '../../files/existing.js';
import { lockFolder } from '../../files/lock-folder.js';
import { refuseTooMany } from '../../images/decode/skipped.js';
import { dataSets, type ImageChunk, type ImageStream, type SkippedFile, streamImages } from '../../images/index.js';
import { type EncoderChoice, type OpenedEncoder, openEncoder } from '../../runs/index.js';
import { checkChannels, encoderView } from '../../weights/index.js';
import { features } from '../features.js';
import type { JobHooks } from '../hooks.js';
import { type Opening, openingFor } from '../open.js';
import { embedFormats, type Format, writeNames } from './formats.js';
import { type Entry, Journal } from './journal.js';

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
  const stream = await streamImages(options.images, { size, ...opening, signal, onProgress });
  for (const note of stream.notes) onNote?.(note);
  mkdirSync(dirname(output.file), { recursive: true });
  mkdirSync(output.partial, { recursive: true });
  const unlock = lockPartial(output.partial);
  try {
    const journal = openJournal(opened, stream, options.images, output, hooks);
    await fill(journal, stream, opened, options.images, device, hooks);
    const skipped = journal.entries.flatMap(({ file, skipped: reason }) =>
      reason === undefined ? [] : [{ file, reason }],
    );
    // What was computed stays: with a larger share the same call only writes the file.
    refuseTooMany(options.images, journal.entries.length, skipped, opening.maxSkippedShare);
    onNote?.(`writing ${output.file}`);
    await writeOutput(journal, output);
    const { width } = journal.about;
    const files = [output.file, ...(output.names ? [output.names] : [])];
    return { encoder: opened.file, size, images: journal.rows.length, width, skipped, files };
  } finally {
    unlock();
  }
}

interface Output {
  readonly file: string;
  readonly write: Format;
  /** Where the names of the images go, for formats that cannot hold them. */
  readonly names: string | undefined;
  /** The folder of what is computed so far. */
  readonly partial: string;
}

function outputFor(out: string): Output {
  const ending = extname(out);
  const write = embedFormats[ending];
  const endings = Object.keys(embedFormats);
  if (!write)
    throw new UsageError(`--out must end in ${endings.join(', ')}, got ${out}.${didYouMean(ending, endings)}`);
  const names = ending === '.npy' ? `${out.slice(0, -ending.length)}.files.txt` : undefined;
  const partial = `${out}.partial`;
  refuseExisting(out);
  // Where a part is left, the names are of the last step that was cut short.
  if (names && !existsSync(partial)) refuseExisting(names);
  return { file: out, write, names, partial };
}

function openJournal(
  { file, encoder }: OpenedEncoder,
  { total, classes, fingerprint }: ImageStream,
  images: string,
  { partial }: Output,
  { onNote }: JobHooks,
): Journal {
  const about = { encoder: digest([file]), images, fingerprint, total, width: encoder.featureWidth };
  const journal = new Journal(partial, { ...about, ...(classes && { classes }) });
  if (journal.entries.length > 0) onNote?.(`resuming after ${journal.entries.length} of ${total} images`);
  return journal;
}

/** Computes what the journal does not hold yet. */
async function fill(
  journal: Journal,
  stream: ImageStream,
  opened: OpenedEncoder,
  images: string,
  device: Device,
  { onProgress, signal }: JobHooks,
): Promise<void> {
  for await (const chunk of stream.chunks(new Set(journal.entries.map(({ file }) => file)))) {
    journal.add(...entriesOf(chunk, opened, images, device));
    onProgress?.(journal.entries.length, stream.total, '');
    signal?.throwIfAborted();
  }
}

function entriesOf(
  { set, skipped }: ImageChunk,
  { encoder, card }: OpenedEncoder,
  images: string,
  device: Device,
): [Entry[], Float32Array] {
  const bad = skipped.map(({ file, reason }): Entry => ({ file, skipped: reason }));
  if (set.count === 0) return [bad, new Float32Array(0)];
  checkChannels(images, set.channels, card);
  const good = set.files.map((file, i): Entry => ({ file, ...(set.labels && { label: set.labels[i] as number }) }));
  const numbers = scope(() =>
    features(encoder, set, { view: encoderView(card), device })
      .to('cpu')
      .data(),
  );
  return [[...good, ...bad], numbers as Float32Array];
}

async function writeOutput(journal: Journal, { file, names, partial, write }: Output): Promise<void> {
  const beside = join(partial, 'result');
  const namesBeside = join(partial, 'names');
  try {
    if (names) writeNames(journal, namesBeside);
    await write(journal, beside);
  } catch (error) {
    throw new UserError(`${file} cannot be written: ${(error as Error).message}`);
  }
  if (names) renameSync(namesBeside, names);
  moveUnlessThere(beside, file);
  journal.remove();
}

/** @throws UserError when another process writes the same file */
function lockPartial(partial: string): () => void {
  try {
    const lock = lockFolder(partial, 'written');
    return () => void lock.release();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${partial} is being written by another process; wait for it, or give another --out`);
  }
}
