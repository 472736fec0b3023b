import { basename } from 'node:path';
import type { Device } from 'tandem-torch';
import { chooseDevice } from '../../device.js';
import { UserError } from '../../errors.js';
import { digest } from '../../files/digest.js';
import { refuseTooMany } from '../../images/decode/skipped.js';
import type { SkippedFile } from '../../images/index.js';
import {
  type ClassifierChoice,
  type EncoderChoice,
  type OpenedClassifier,
  type OpenedEncoder,
  openClassifier,
  openEncoder,
} from '../../runs/index.js';
import type { ClassTable } from '../class-table.js';
import { type ClassGuess, classScoresOf, guessClasses, rowAt } from '../classify.js';
import type { Entry } from '../embed/journal.js';
import { outputFor } from '../embed/output.js';
import { type RowJob, rowsOfChunk, skippedIn, streamFor, writeRows } from '../embed/rows.js';
import type { JobHooks } from '../hooks.js';
import { type Opening, openingFor, refuseLimit } from '../open.js';
import { predictionFormats } from './formats.js';
import { Judge } from './judge.js';

/** Which classifier, which images, and where the predictions go. */
export interface PredictOptions extends Opening {
  /** A run folder, an exported folder, or an encoder's file in a run folder. */
  readonly encoder: string;
  /** A data set's name, a folder of images at any depth, an archive, or shards. */
  readonly images: string;
  /** Which of a run's encoders; defaults to the kept one. */
  readonly which?: Exclude<EncoderChoice, 'both'> | undefined;
  /** Which classifier on it; defaults to its own, or else the linear one. */
  readonly classifier?: ClassifierChoice | undefined;
  /** Classes of each image, likeliest first; defaults to 5, or all where there are fewer. */
  readonly top?: number | undefined;
  /**
   * A file to write, by its ending: .csv, .jsonl or .parquet; without it predictions are returned.
   */
  readonly out?: string | undefined;
  /** Defaults to `auto`, the best there is. */
  readonly device?: string | undefined;
}

/** What one image was taken for. */
export interface Prediction {
  /** Its name. */
  readonly file: string;
  /** The class folder that it lies in, where there are such. */
  readonly class?: string;
  /** Likeliest first. */
  readonly predictions: readonly ClassGuess[];
}

/** What `predictImages` found. */
export interface Predicted {
  /** The encoder's file. */
  readonly encoder: string;
  /** The classifier's file. */
  readonly classifier: string;
  /** Its classes. */
  readonly classes: readonly string[];
  /** Images with a prediction. */
  readonly images: number;
  /** Files without one, with the reason. */
  readonly skipped: readonly SkippedFile[];
  /** The predictions, where no file was asked for. */
  readonly predictions: readonly Prediction[];
  /** The file, where one was. */
  readonly files: readonly string[];
  /** Images that lie in a folder of one of the classifier's classes. */
  readonly labelled: number;
  /** What the predictions of those are worth. */
  readonly result?: ClassTable;
}

/**
 * What a classifier takes images for. To a file go any number of images: what is computed is kept
 * beside it until it is whole, so that the same call after an interruption resumes there.
 * @throws UserError where there is no classifier, the file exists, there are no images, or too many
 * cannot be read; UsageError for another ending
 */
export async function predictImages(options: PredictOptions, hooks: JobHooks = {}): Promise<Predicted> {
  refuseLimit(options);
  const device = chooseDevice(options.device ?? 'auto');
  const opened = openEncoder(options.encoder, options.which);
  let classifier: OpenedClassifier | undefined;
  try {
    classifier = openClassifier(options.encoder, opened, options.classifier);
    const [width] = classifier.head.shape.widths;
    if (width !== opened.encoder.featureWidth) {
      throw new UserError(
        `${classifier.file}: is for ${width} features, the encoder has ${opened.encoder.featureWidth}`,
      );
    }
    if (opened.note) hooks.onNote?.(opened.note);
    opened.encoder.to({ device });
    const made = await predictWith(opened, classifier, device, options, hooks);
    return { encoder: opened.file, classifier: classifier.file, classes: classifier.classes, ...made };
  } finally {
    opened.encoder.dispose();
    classifier?.head.dispose();
  }
}

async function predictWith(
  opened: OpenedEncoder,
  classifier: OpenedClassifier,
  device: Device,
  options: PredictOptions,
  hooks: JobHooks,
): Promise<Omit<Predicted, 'encoder' | 'classifier' | 'classes'>> {
  const top = Math.min(options.top ?? 5, classifier.classes.length);
  const judge = new Judge(classifier);
  const rowsOf = (features: Float32Array) => ({ rows: classScoresOf(classifier, features), without: new Map() });
  if (options.out !== undefined) {
    const job: RowJob = {
      output: outputFor(options.out, predictionFormats({ classifier, top })),
      about: { encoder: digest([opened.file, classifier.file]), width: classifier.classes.length },
      rowsOf,
      facts: () => ({ encoder_sha256: digest([opened.file]), images: basename(options.images) }),
      onRows: (journal) => judge.addJournal(journal),
    };
    const made = await writeRows(opened, device, job, options, hooks);
    return { ...made, predictions: [], ...judge.verdict() };
  }
  const stream = await streamFor(opened, options, hooks);
  const predictions: Prediction[] = [];
  const entries: Entry[] = [];
  for await (const chunk of stream.chunks()) {
    const some = rowsOfChunk(chunk, opened, device, options.images, { rowsOf });
    const good = some.entries.filter(({ skipped }) => skipped === undefined);
    entries.push(...some.entries);
    judge.add(good, some.rows, stream.classes);
    for (const [i, { file, label = -1 }] of good.entries()) {
      const own = stream.classes?.[label];
      const guesses = guessClasses(rowAt(some.rows, i, classifier.classes.length), classifier, top);
      predictions.push({ file, ...(own !== undefined && { class: own }), predictions: guesses });
    }
    hooks.onProgress?.(entries.length, stream.total, '');
    hooks.signal?.throwIfAborted();
  }
  const skipped = skippedIn(entries);
  refuseTooMany(options.images, entries.length, skipped, openingFor(options).maxSkippedShare);
  return { images: predictions.length, skipped, predictions, files: [], ...judge.verdict() };
}
