import { basename } from 'node:path';
import type { distributed } from 'tandem-torch';
import { chooseDevice } from '../../device.js';
import { digest } from '../../files/digest.js';
import type { SkippedFile } from '../../images/index.js';
import { runOf } from '../../runs/encoder-files.js';
import { type EncoderChoice, type OpenedEncoder, openEncoder } from '../../runs/index.js';
import type { JobHooks } from '../hooks.js';
import { type Opening, refuseLimit } from '../open.js';
import { embedFormats, type Facts } from './formats.js';
import type { About } from './journal.js';
import { outputFor } from './output.js';
import { type RowJob, writeRows } from './rows.js';
import { asUnitRows } from './unit-rows.js';

/** Which encoder, which images, and where their features go. */
export interface EmbedOptions extends Opening {
  /**
   * A run folder, or a file of weights: of a run, or of a public model.
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
  /** The processes that share the work: all call this alike, and the first one writes. */
  readonly group?: distributed.ProcessGroup | undefined;
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
 * @example
 * ```ts
 * import { embedImages } from 'tandem-vision';
 *
 * const { images, width, files } = await embedImages({
 *   ...{ encoder: 'runs/mine', images: 'pictures', out: 'vectors.npy' },
 * });
 * console.log(`${images} rows of ${width} numbers in ${files.join(' and ')}`);
 * ```
 */
export async function embedImages(options: EmbedOptions, hooks: JobHooks = {}): Promise<Embedded> {
  const output = outputFor(options.out, embedFormats);
  refuseLimit(options);
  const device = chooseDevice(options.device ?? 'auto');
  const opened = openEncoder(options.encoder, options.which);
  try {
    if (opened.note) hooks.onNote?.(opened.note);
    opened.encoder.to({ device });
    const { encoder, file, card } = opened;
    const { normalize } = options;
    const about = {
      encoder: digest([file]),
      width: encoder.featureWidth,
      ...(normalize && { normalized: true as const }),
    };
    const made = await writeRows(opened, device, { output, about, ...rowsFor(options, opened) }, options, hooks);
    return { encoder: file, size: card.size, width: about.width, ...made };
  } finally {
    opened.encoder.dispose();
  }
}

/** The features as they are, or as vectors of length 1. */
function rowsFor(options: EmbedOptions, opened: OpenedEncoder): Pick<RowJob, 'rowsOf' | 'facts'> {
  const facts = (about: About) => factsOf(opened, about, options);
  if (!options.normalize) return { facts, rowsOf: (features) => ({ rows: features, without: new Map() }) };
  return { facts, rowsOf: asUnitRows(opened.encoder.featureWidth) };
}

/** Where the rows come from; of places, the last part only. */
function factsOf(
  { name, epoch, card }: OpenedEncoder,
  about: About,
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
