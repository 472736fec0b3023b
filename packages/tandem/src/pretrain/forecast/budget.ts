import { shownDuration, UserError } from '../../errors.js';
import type { DataSet } from '../../images/index.js';
import { withoutAliases } from '../config/aliases.js';
import type { FlatConfig, RunConfig } from '../config/options.js';
import type { Settings } from '../config/read.js';
import { resolveConfig } from '../config/resolve.js';
import type { LoadingOptions } from '../following.js';
import { loadImages } from '../load-images.js';
import { discarding } from './discarding.js';
import type { RunTime } from './facts.js';
import { type ImageShape, isGivenNetwork, possibleShape, type Shape, shapeOf } from './shape.js';
import { timeOf } from './time-of.js';

/** What a time buys on this machine. */
export interface BudgetChoice {
  /** What was asked for, with what was chosen. */
  readonly config: RunConfig;
  /** The images of that configuration. */
  readonly data: DataSet;
  /** The width, size, epochs and batch that it comes to. */
  readonly chosen: FlatConfig;
  /** What a run of it takes, from its first step on. */
  readonly time: RunTime;
}

/** Networks by falling time: narrower, down to a quarter; then on smaller images; then narrower. */
const path: readonly (readonly [share: number, size: number])[] = [
  ...[1, 0.75, 0.5, 0.375, 0.25].map((share) => [share, Number.POSITIVE_INFINITY] as const),
  ...[64, 48, 32].map((size) => [0.25, size] as const),
  [0.125, 32],
];

/** Networks that are timed before one is taken, and the share of the budget that this may take. */
const [mostTimed, timingShare] = [5, 0.1];

/** The shortest batch that is chosen, and the steps below which a batch is halved. */
const [leastBatch, enoughSteps] = [64, 1000];

/** Part of a budget that is left for what nobody timed: the last save, a busier machine. */
const spare = 0.04;

/** How much too long a run may be by forecast and still be begun. */
const tolerance = 1.25;

/**
 * Chooses width, size, epochs and batch for a time, by timing steps on this machine: the largest
 * network that sees enough images, then as many epochs as there is time for. What was asked for by
 * name stays, and nothing becomes larger than it would be without a budget.
 * @param asked settings by name
 * @param seconds from `begun` to the end of the run
 * @param begun in milliseconds of `performance.now()`
 * @throws UserError where even the smallest takes longer
 */
export async function chooseWithin(
  asked: Settings,
  seconds: number,
  begun: number,
  loading: LoadingOptions,
): Promise<BudgetChoice> {
  const config = resolveConfig(asked);
  const data = await loadImages(config, loading);
  const free = freeOf(config, asked);
  const shapes = shapesOf(config, data, free);
  const trials = new Map<Shape, Trial>();
  const deadline = begun + 1000 * (1 - spare) * seconds;
  const timingEnds = performance.now() + 1000 * timingShare * seconds;
  const aim = { epochs: wantedEpochs(config, data, free, seconds), asked, free };
  let at = firstTimed(shapes);
  for (;;) {
    const trial = await attempt(at, { config, data }, aim, loading);
    trials.set(at, trial);
    const left = (deadline - performance.now()) / 1000;
    const next = largestWithin(left, shapes, trials, at);
    const isOver = trials.size === mostTimed || performance.now() > timingEnds;
    if (!trials.has(next) && !isOver) at = next;
    else return settle(trials.has(next) ? next : smallestOf(trials), trials, aim, left);
  }
}

/** Which settings nobody asked for. */
interface Free {
  readonly width: boolean;
  readonly size: boolean;
  readonly epochs: boolean;
  readonly batch: boolean;
  readonly warmup: boolean;
}

function freeOf(config: RunConfig, asked: Settings): Free {
  const own = withoutAliases(asked);
  const isFree = (name: string) => own[name] === undefined;
  const isGiven = isGivenNetwork(config);
  return {
    width: !isGiven && isFree('width'),
    size: !('from' in config.method.options) && isFree('size'),
    epochs: isFree('epochs'),
    batch: isFree('batch'),
    warmup: isFree('warmup'),
  };
}

/** The networks to choose from, each with fewer operations than the one before. */
function shapesOf(config: RunConfig, { size, train }: DataSet, free: Free): Shape[] {
  const natural = { size: size ?? train.height, channels: train.channels };
  const whole = shapeOf(config, natural);
  const shapes = [whole];
  for (const [share, most] of path) {
    const side = Math.min(most, natural.size);
    if ((share < 1 && !free.width) || (side < natural.size && !free.size)) continue;
    const shape = narrowed(config, { ...natural, size: side }, share * whole.width);
    if (shape && shape.macs < 0.95 * (shapes.at(-1) as Shape).macs) shapes.push(shape);
  }
  return shapes;
}

/** Of about that width, which must be a multiple of something that depends on the network. */
function narrowed(config: RunConfig, images: ImageShape, width: number): Shape | undefined {
  for (const multiple of [8, 64]) {
    const shape = possibleShape(config, images, { width: Math.max(1, Math.round(width / multiple)) * multiple });
    if (shape) return shape;
  }
  return undefined;
}

/** A narrow one on images as they are: soon timed, and the images need not be read again. */
function firstTimed(shapes: readonly Shape[]): Shape {
  const [whole] = shapes as [Shape];
  return shapes.filter(({ size }) => size === whole.size).at(-1) as Shape;
}

/**
 * Epochs that a network must have time for. The more time there is, the more of it goes into the
 * network: images grow as the square root of the time, as its operations then do too.
 */
function wantedEpochs({ training }: RunConfig, data: DataSet, free: Free, seconds: number): number {
  if (!free.epochs) return training.epochs;
  return Math.min(Math.max(Math.ceil((12_000 * Math.sqrt(seconds)) / learnedFrom(data)), 1), training.epochs);
}

/** What is aimed at, and by which settings. */
interface Aim {
  readonly epochs: number;
  readonly asked: Settings;
  readonly free: Free;
}

interface Trial {
  /** What was asked for, with what is tried. */
  readonly settings: Settings;
  readonly config: RunConfig;
  readonly data: DataSet;
  /** Of as many epochs as `config` has. */
  readonly time: RunTime;
}

/** Times a network, with the epochs that are aimed at. */
async function attempt(
  { width, size }: Shape,
  { config, data }: Pick<Trial, 'config' | 'data'>,
  { epochs, asked, free }: Aim,
  loading: LoadingOptions,
): Promise<Trial> {
  const natural = data.size ?? data.train.height;
  const settings = {
    ...asked,
    ...(free.width && { width }),
    ...(size < natural && { size }),
    ...(free.batch && { batch: batchFor(config.training.batch, learnedFrom(data), epochs) }),
  };
  const tried = withEpochs(settings, config, epochs, free);
  const images = size < natural ? await loadImages(tried, loading) : data;
  const time = await discarding(tried, images, (run) => timeOf(run, loading.signal));
  return { settings, config: tried, data: images, time };
}

/** Not above the number of images, and small enough for a thousand steps. */
function batchFor(asked: number, images: number, epochs: number): number {
  let batch = asked;
  while (batch > images && batch % 2 === 0) batch /= 2;
  while (batch / 2 >= leastBatch && batch % 2 === 0 && (epochs * images) / batch < enoughSteps) batch /= 2;
  return batch;
}

/** A preset's warm-up stays a tenth of a run that became short. */
function withEpochs(asked: Settings, { training }: RunConfig, epochs: number, free: Free): RunConfig {
  const warmup = free.warmup && training.warmup >= epochs / 2 ? { warmup: epochs / 10 } : {};
  return resolveConfig({ ...asked, ...(free.epochs && { epochs, ...warmup }) });
}

/** The largest network that has time for its epochs, as far as is known; else the smallest. */
function largestWithin(left: number, shapes: readonly Shape[], trials: ReadonlyMap<Shape, Trial>, last: Shape): Shape {
  const lastTime = (trials.get(last) as Trial).time.all;
  const expected = (shape: Shape) => trials.get(shape)?.time.all ?? (lastTime * shape.macs) / last.macs;
  return shapes.find((shape) => expected(shape) <= left) ?? (shapes.at(-1) as Shape);
}

function smallestOf(trials: ReadonlyMap<Shape, Trial>): Shape {
  return [...trials.keys()].reduce((a, b) => (b.macs < a.macs ? b : a));
}

/** As many epochs as there is time for. @throws UserError where there is not even time for one */
function settle(shape: Shape, trials: ReadonlyMap<Shape, Trial>, { asked, free }: Aim, left: number): BudgetChoice {
  const { settings, config, data, time } = trials.get(shape) as Trial;
  const { epochs: timed, batch } = config.training;
  const each = time.all / timed;
  const most = resolveConfig(asked).training.epochs;
  const epochs = free.epochs ? Math.min(Math.max(Math.floor(left / each), 1), most) : timed;
  if (epochs * each > tolerance * left) throw tooShort(epochs * each, left, learnedFrom(data), free);
  const { size, width } = shape;
  const chosen = withEpochs(settings, resolveConfig(asked), epochs, free);
  const { warmup } = chosen.training;
  return {
    config: chosen,
    data,
    chosen: { width, size, epochs, batch, ...(warmup > 0 && { warmup }) },
    time: { ...time, all: epochs * each },
  };
}

function tooShort(needed: number, left: number, images: number, free: Free): UserError {
  const what = free.epochs ? 'one epoch' : 'a run of so many epochs';
  const [needs, has] = [needed, Math.max(left, 0)].map(shownDuration);
  const fewer = Math.floor((0.8 * images * left) / needed);
  const limit = fewer >= 128 ? `give --limit ${fewer}, or ` : '';
  return new UserError(
    `the budget is too short: with what is asked for, ${what} takes about ${needs} here, and ${has} are left; ${limit}give a longer one`,
  );
}

/** Images of an epoch, before labels are asked for. */
function learnedFrom({ train, stream }: DataSet): number {
  return stream?.count ?? train.count;
}
