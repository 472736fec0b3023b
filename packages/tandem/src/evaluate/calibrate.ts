import { scope } from 'tandem-torch';
import { UserError } from '../errors.js';
import { systemMessage } from '../files/system-error.js';
import { type ClassifierChoice, type OpenedEncoder, openClassifier } from '../runs/index.js';
import { loadHead, saveHead } from '../weights/index.js';
import { calibrationError, fitTemperature, softmax } from './calibration.js';
import { classScoresOf, rankClasses, rowAt } from './classify.js';
import type { JobHooks } from './hooks.js';
import { featuresOf, type MeasureOptions, type Opened, withOpened } from './open.js';

/** Which classifier, and the images that it is calibrated on. */
export interface CalibrateOptions extends MeasureOptions {
  /** Which classifier of the encoder; defaults to its own, or else the linear one. */
  readonly classifier?: ClassifierChoice | undefined;
}

/** What calibration came to. */
export interface Calibrated {
  /** The classifier's file, which holds the temperature now. */
  readonly classifier: string;
  /** Images that it was fitted on. */
  readonly images: number;
  /** What scores are divided by from now on. */
  readonly temperature: number;
  /** Calibration error before, at temperature 1: a share. */
  readonly before: number;
  /** And after: of each half of the images with the temperature that the other half gives. */
  readonly after: number;
}

/**
 * Fits the temperature of a run's classifier on the queries, which it did not learn from, and keeps
 * it in the classifier's file. What it names does not change, only how sure it is.
 * @throws UserError where there is no classifier, or the images are of other classes
 */
export function calibrateClassifier(options: CalibrateOptions, hooks: JobHooks = {}): Promise<Calibrated> {
  const { which } = options;
  if (which === 'both') throw new UserError('one encoder is calibrated; give --encoder student or teacher');
  return withOpened('calibrating', { ...options, which: which ?? 'kept' }, hooks, (opened) => {
    return calibrate(opened.encoders[0] as OpenedEncoder, opened, options, hooks);
  });
}

function calibrate(
  encoder: OpenedEncoder,
  opened: Opened,
  { encoder: runOrFile, classifier: choice, images }: CalibrateOptions,
  hooks: JobHooks,
): Calibrated {
  const { head, classes, file } = openClassifier(runOrFile, encoder, choice);
  try {
    const labels = opened.queries.labels.map((label) => classes.indexOf(opened.classes[label] as string));
    const unknown = labels.findIndex((label) => label < 0);
    if (unknown >= 0) {
      const name = opened.classes[opened.queries.labels[unknown] as number];
      throw new UserError(
        `${images}: class '${name}' is none of the classifier's: ${classes.slice(0, 5).join(', ')}${classes.length > 5 ? ', ...' : ''}`,
      );
    }
    const features = scope(() =>
      featuresOf(encoder, opened.queries, 'queries', opened, hooks).to('cpu').contiguous().data(),
    );
    const scores = classScoresOf({ head, classes, file, temperature: 1 }, features as Float32Array);
    const temperature = fitTemperature(scores, labels, classes.length);
    keep(file, temperature);
    const all = [...labels.keys()];
    const halves = [0, 1].map((half) => all.filter((i) => i % 2 === half));
    const errorOf = (rows: readonly number[], t: number) => calibrationErrorOf(scores, labels, classes.length, rows, t);
    const crossed = halves.map((half, h) => {
      const other = halves[1 - h] as number[];
      const fitted = fitTemperature(
        picked(scores, other, classes.length),
        Int32Array.from(other, (i) => labels[i] as number),
        classes.length,
      );
      return errorOf(half, fitted) * half.length;
    });
    const after = (crossed as [number, number]).reduce((a, b) => a + b) / all.length;
    return { classifier: file, images: all.length, temperature, before: errorOf(all, 1), after };
  } finally {
    head.dispose();
  }
}

function keep(file: string, temperature: number): void {
  const saved = loadHead(file);
  try {
    saveHead(file, { ...saved, temperature });
  } catch (error) {
    throw new UserError(`${file} cannot be written: ${systemMessage(error) ?? (error as Error).message}`);
  } finally {
    saved.head.dispose();
  }
}

function picked(scores: Float32Array, rows: readonly number[], width: number): Float32Array {
  const some = new Float32Array(rows.length * width);
  for (const [to, from] of rows.entries()) some.set(rowAt(scores, from, width), to * width);
  return some;
}

function calibrationErrorOf(
  scores: Float32Array,
  labels: Int32Array,
  width: number,
  rows: readonly number[],
  temperature: number,
): number {
  const answers = rows.map((i) => rankClasses(rowAt(scores, i, width), 1)[0] as number);
  const confidence = rows.map(
    (i, at) => softmax(rowAt(scores, i, width), temperature)[answers[at] as number] as number,
  );
  return calibrationError(confidence, (at) => answers[at] === labels[rows[at] as number]);
}
