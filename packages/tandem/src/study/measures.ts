import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { defined } from '../defined.js';
import { type JobHooks, measureFewShot, measureLinear, measureTsne } from '../evaluate/index.js';
import type { RunConfig } from '../pretrain/index.js';
import { encoderFile, keptEpochOf } from '../runs/encoder-files.js';
import {
  type EncoderChoice,
  type EncoderName,
  type Evaluation,
  keptEncoder,
  knnColumn,
  numberIn,
  type RunRecord,
  readRun,
} from '../runs/index.js';
import type { Measure } from './definition.js';

/** A number of a run at an epoch. */
export interface Point {
  readonly epoch: number;
  /** Student steps up to there. */
  readonly step: number;
  readonly value: number;
}

/** The command that finds a measure after the run; the others stand in its metrics. */
function commandOf({ by }: Measure): 'linear' | 'fewshot' | 'tsne' | undefined {
  if (by === 'linear' || by === 'fewshot') return by;
  return by === 'silhouette' || by === 'nearest' ? 'tsne' : undefined;
}

/** What a run says of a measure: at its end, or at each epoch that has it, in order. */
export function pointsOf(run: RunRecord, measure: Measure): Point[] {
  if (['images', 'side', 'setting'].includes(measure.by)) return fromConfig(run, measure);
  const points = commandOf(measure) === undefined ? fromMetrics(run, measure) : evaluated(run, measure);
  const last = numberIn(run.metrics.at(-1), 'epoch');
  return measure.over === 'epochs' ? points : points.filter(({ epoch }) => epoch === last);
}

/** What config.json says, as of the last epoch. */
function fromConfig(run: RunRecord, { by, key = '' }: Measure): Point[] {
  const tandem = run.config.tandem as { images?: Record<string, unknown> } | undefined;
  const image = { images: 'count', side: 'width' } as const;
  const value = by === 'images' || by === 'side' ? numberIn(tandem?.images, image[by]) : numberIn(run.config, key);
  return value === undefined ? [] : [pointAt(run, numberIn(run.metrics.at(-1), 'epoch') ?? 0, value)];
}

function fromMetrics(run: RunRecord, measure: Measure): Point[] {
  const column =
    measure.by === 'knn' ? knnColumn(whoseOf(run.path, measure)) : measure.by === 'probe' ? 'probeStudent' : measure.by;
  return run.metrics.flatMap((line) => {
    const value = numberIn(line, column);
    return value === undefined ? [] : [pointAt(run, numberIn(line, 'epoch') ?? 0, value)];
  });
}

function evaluated(run: RunRecord, measure: Measure): Point[] {
  const points = new Map<number, Point>();
  for (const one of run.evaluations.filter((other) => isOf(other, measure, run.path))) {
    const isAccuracy = measure.by === 'linear' || measure.by === 'fewshot';
    const numbers = isAccuracy ? one.result : (one.result.features as Evaluation['result'] | undefined);
    const value = numberIn(numbers, isAccuracy ? 'accuracy' : measure.by);
    if (value !== undefined && one.epoch !== undefined) points.set(one.epoch, pointAt(run, one.epoch, value));
  }
  return [...points.values()].sort((a, b) => a.epoch - b.epoch);
}

function pointAt(run: RunRecord, epoch: number, value: number): Point {
  const line = run.metrics.find((one) => one.epoch === epoch);
  return { epoch, step: numberIn(line, 'step') ?? 0, value };
}

/** Whether an evaluation is what a measure asks for, of whatever epoch. */
function isOf({ command, encoder, protocol, settings }: Evaluation, measure: Measure, run: string): boolean {
  const { protocol: asked = 'views', points: _most, lr, ...rest } = measure.with;
  if (command !== commandOf(measure) || encoder !== whoseOf(run, measure)) return false;
  if (command === 'linear' && protocol !== `linear (${asked})`) return false;
  const wanted = { ...rest, ...(lr !== undefined && (asked === 'views' ? { rates: lr } : { lr })) };
  return Object.entries(wanted).every(([key, value]) => JSON.stringify(settings[key]) === JSON.stringify(value));
}

/**
 * Whose encoder a measure means: the kept one's name, or the one asked for; the student's where
 * there is none of that name.
 */
function whoseOf(run: string, { encoder }: Pick<Measure, 'encoder'>): EncoderName {
  const has = (name: EncoderName) => existsSync(encoderFile(run, name));
  if (encoder !== 'kept') return has(encoder) ? encoder : 'student';
  return keptEncoder(run) ?? (has('teacher') ? 'teacher' : 'student');
}

/** One evaluation that is still to be made. */
interface Missing {
  readonly measure: Measure;
  /** The run folder, for its last epoch, or a file that it kept. */
  readonly encoder: string;
  readonly whose: EncoderName;
}

/**
 * Measures a trained run as asked, where it is not measured yet.
 * @param onStart called before each evaluation with how many are done of how many
 */
export async function measureRun(
  run: string,
  measures: readonly Measure[],
  { data, execution }: RunConfig,
  hooks: JobHooks & { readonly onStart?: (done: number, total: number) => void } = {},
): Promise<void> {
  const missing = missingIn(run, measures);
  const { images, limit, dataRoot, cache, maxSkipped: maxSkippedShare } = data;
  const opening = defined({ limit, dataRoot, cache, maxSkippedShare });
  for (const [done, { measure, encoder, whose }] of missing.entries()) {
    hooks.onStart?.(done, missing.length);
    hooks.signal?.throwIfAborted();
    const which: EncoderChoice = encoder === run ? whose : 'kept';
    const { shots, ...settings } = measure.with;
    const options = { ...settings, ...opening, encoder, images, which, device: execution.device };
    if (measure.by === 'linear') await measureLinear(options, hooks);
    else if (measure.by === 'fewshot') await measureFewShot({ ...options, ...(shots && { shots: [shots] }) }, hooks);
    else {
      for (const file of ['tsne.svg', 'tsne.png']) rmSync(join(run, file), { force: true });
      await measureTsne({ ...options, out: join(run, 'tsne.svg') }, hooks);
    }
  }
}

/** What is not measured yet; silhouette and nearest neighbours come of one evaluation. */
function missingIn(path: string, measures: readonly Measure[]): Missing[] {
  const run = readRun(path);
  const missing = new Map<string, Missing>();
  for (const measure of measures.filter((one) => commandOf(one) !== undefined)) {
    const whose = whoseOf(path, measure);
    const known = new Set(evaluated(run, measure).map(({ epoch }) => epoch));
    const last = numberIn(run.metrics.at(-1), 'epoch') ?? 0;
    const kept = measure.over === 'epochs' ? keptEpochs(path, whose).filter((epoch) => epoch !== last) : [];
    for (const epoch of [...kept, last].filter((one) => !known.has(one))) {
      const encoder = epoch === last ? path : encoderFile(path, whose, epoch);
      const key = JSON.stringify([commandOf(measure), measure.with, encoder, whose]);
      missing.set(key, { measure, encoder, whose });
    }
  }
  return [...missing.values()];
}

function keptEpochs(run: string, whose: string): number[] {
  const kept = readdirSync(join(run, 'encoder')).map((file) => keptEpochOf(join(run, 'encoder', file)));
  return kept.flatMap((one) => (one?.name === whose ? [one.epoch] : [])).sort((a, b) => a - b);
}

/** Whether a trained run has all that it is to be measured by. */
export function isMeasured(run: string, measures: readonly Measure[]): boolean {
  return missingIn(run, measures).length === 0;
}
