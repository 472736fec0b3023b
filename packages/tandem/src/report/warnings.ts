import { percent } from '../math.js';
import { classesOf, numberIn, type RunRecord, series } from '../runs/run-record.js';

/** Something about a run that its owner should know, and what can be done. */
export interface Warning {
  /** What is wrong. */
  readonly what: string;
  /** What to do. */
  readonly advice: string;
}

/** What looks wrong in a run, in plain words; the gravest first. */
export function warningsOf(run: RunRecord): Warning[] {
  return [unfinished, noted, collapse, flatKnn, fallingKnn, loss, skipped].flatMap((look) => look(run) ?? []);
}

/** The accuracies of the encoders, that of the likeliest to be kept first. */
const knnColumns = ['knnAverage', 'knnTeacher', 'knnStudent'] as const;

/** Student steps before which nothing can be said of a run. */
const fewSteps = 50;

/** Whether a run has taken too few steps to look right or wrong. */
export function isEarly({ metrics }: RunRecord): boolean {
  return (numberIn(metrics.at(-1), 'step') ?? 0) < fewSteps;
}

/** What cannot be judged yet, or here, with the reason. */
export function openQuestions(run: RunRecord): string[] {
  const points = Math.max(...knnColumns.map((name) => measured(run, name).length));
  const losses = series(run, 'loss').filter((x) => x !== undefined).length;
  return [
    ...(points === 0
      ? ['k-NN, which was not measured']
      : points < fewMeasurements
        ? [`k-NN, measured ${times(points)}`]
        : []),
    ...(points >= fewMeasurements && tooNoisy(run) ? ['whether k-NN still rises, as of so few queries'] : []),
    ...(losses < fewLosses ? [`the loss, of ${losses === 1 ? 'one epoch' : `${losses} epochs`}`] : []),
  ];
}

const times = (n: number) => (n === 1 ? 'once' : `${n} times`);

/** Measurements and epochs from which on something is said of their course. */
const [fewMeasurements, fewLosses] = [5, 4] as const;

/** Whether so few queries would hide a rise. */
function tooNoisy(run: RunRecord): boolean {
  const shares = knnColumns.flatMap((name) => measured(run, name));
  return noise(run, best(shares)) > 4 * visible;
}

/** Dimensions of the projections, that of the method's head. */
export function projectionWidth({ config }: RunRecord): number | undefined {
  const { projLayers, projDim, features } = config;
  const width = projLayers === 0 ? features : projDim;
  return typeof width === 'number' && width > 0 ? width : undefined;
}

/**
 * Below this standard deviation unit embeddings of d dimensions count as collapsed; healthy ones
 * have about 1/sqrt(d).
 */
export const collapsedStd = (d: number) => 0.1 / Math.sqrt(d);

function unfinished({ config, metrics }: RunRecord): Warning | undefined {
  const epochs = numberIn(config, 'epochs');
  const done = numberIn(metrics.at(-1), 'epoch') ?? 0;
  if (epochs === undefined || done >= epochs) return undefined;
  return {
    what: `The run is not finished: ${done} of ${epochs} epochs are done.`,
    advice:
      'It is still running, or it was interrupted, or an error ended it. All numbers here are those of the last whole epoch.',
  };
}

/** Warnings that training itself wrote into the metrics. */
function noted({ metrics }: RunRecord): Warning[] {
  const first = new Map<string, unknown>();
  for (const { warning, epoch } of metrics) {
    for (const text of Array.isArray(warning) ? warning : [warning]) {
      if (typeof text === 'string' && !first.has(text)) first.set(text, epoch);
    }
  }
  return [...first].map(([text, epoch]) => ({ what: `Training warned in epoch ${epoch}: ${text}`, advice: '' }));
}

function collapse(run: RunRecord): Warning | undefined {
  const d = projectionWidth(run);
  const std = series(run, 'embeddingStd').at(-1);
  if (d === undefined || std === undefined || std >= collapsedStd(d)) return undefined;
  return {
    what: `The embeddings have collapsed: all images look nearly the same to the encoder (standard deviation ${std.toPrecision(2)}, healthy is about ${(1 / Math.sqrt(d)).toPrecision(2)}).`,
    advice:
      'The encoder is of no use. Lower lr, or give the loss more to hold images apart, such as a larger batch or a smaller temperature.',
  };
}

/** Points of accuracy that are more than chance among many queries. */
const visible = 0.005;

/**
 * Differences of accuracy that say nothing: twice the standard error of a share,
 * sqrt(p (1 - p) / n), among n queries. 0 where it is not known how many there were.
 */
function noise(run: RunRecord, share: number): number {
  const queries = classesOf(run)?.queries;
  return queries === undefined || queries === 0 ? 0 : 2 * Math.sqrt((share * (1 - share)) / queries);
}

function flatKnn(run: RunRecord): Warning | undefined {
  for (const name of knnColumns) {
    const shares = measured(run, name);
    if (shares.length < fewMeasurements) continue;
    const half = Math.ceil(shares.length / 2);
    if (best(shares.slice(half)) - best(shares.slice(0, half)) > visible) return undefined;
    // that is said as a fall
    if (best(shares) - (shares.at(-1) as Point).share > 4 * visible) return undefined;
    if (noise(run, best(shares)) > 4 * visible) return undefined; // so few queries show no rise
    return {
      what: 'The k-NN accuracy has not risen in the second half of the run.',
      advice:
        'More epochs of the same will hardly help. Compare with the baselines of `tandem knn --baselines`; try other crops, another lr or a larger network.',
    };
  }
  return undefined;
}

function fallingKnn(run: RunRecord): Warning | undefined {
  for (const [name, whose] of [
    ['knnAverage', 'average'],
    ['knnTeacher', 'teacher'],
    ['knnStudent', 'student'],
  ] as const) {
    const shares = measured(run, name);
    const top = shares.reduce<Point | undefined>((a, b) => (a && a.share >= b.share ? a : b), undefined);
    const last = shares.at(-1);
    if (!top || !last || top.share - last.share <= Math.max(4 * visible, noise(run, top.share))) continue;
    return {
      what: `The k-NN accuracy of the ${whose} fell: ${percent(top.share, 1)} in epoch ${top.epoch}, ${percent(last.share, 1)} at the end.`,
      advice: 'Training has gone past its best. Fewer epochs, or a smaller lr, keep more.',
    };
  }
  return undefined;
}

function loss(run: RunRecord): Warning | undefined {
  const losses = series(run, 'loss').filter((x) => x !== undefined);
  if (losses.length < fewLosses) return undefined;
  const third = Math.floor(losses.length / 3);
  const [first, last] = [mean(losses.slice(0, third)), mean(losses.slice(-third))];
  if (last < first) return undefined;
  // What swings more than it rose may as well be falling.
  const swing = 2 * spread(losses) * Math.sqrt(2 / third);
  if (swing > Math.abs(first) / 100 && last - first <= swing) return undefined;
  return {
    what: 'The loss is not falling.',
    advice:
      'The network learns nothing of its task. Lower lr, add warmup, or look whether the images are what you think they are.',
  };
}

function skipped({ skipped: files }: RunRecord): Warning | undefined {
  if (files.length === 0) return undefined;
  const named = files.slice(0, 3).map(({ file, reason }) => `${file} (${reason})`);
  const count =
    files.length === 1 ? '1 image could not be read and was' : `${files.length} images could not be read and were`;
  return {
    what: `${count} left out: ${named.join(', ')}${files.length > 3 ? ', ...' : '.'}`,
    advice: 'All are listed in skipped.jsonl.',
  };
}

/**
 * Standard deviation of numbers around their course, whatever that is: that of their differences
 * from one to the next, around their mean, over sqrt(2).
 */
function spread(values: readonly number[]): number {
  const steps = values.slice(1).map((x, i) => x - (values[i] as number));
  const drift = mean(steps);
  return Math.sqrt(mean(steps.map((step) => (step - drift) ** 2)) / 2);
}

interface Point {
  readonly epoch: unknown;
  readonly share: number;
}

function measured({ metrics }: RunRecord, name: string): Point[] {
  return metrics.flatMap((record) => {
    const share = numberIn(record, name);
    return share === undefined ? [] : [{ epoch: record.epoch, share }];
  });
}

const best = (points: readonly Point[]) => Math.max(...points.map(({ share }) => share));
const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
