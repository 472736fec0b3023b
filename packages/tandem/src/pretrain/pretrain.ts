import { setImmediate } from 'node:timers/promises';
import { type Device, manualSeed, optim, threads, version } from '@tandem/torch';
import { UserError } from '../errors.js';
import { type EncoderCard, saveEncoder } from '../export/index.js';
import { Batches, type DataSet, openImages } from '../images/index.js';
import { type Method, methods } from '../methods/index.js';
import { type Architecture, buildEncoder, type Encoder, stemFor } from '../networks/index.js';
import { saveCheckpoint } from '../train/checkpoint.js';
import { DivergedError, type Plan, type StepReport, stepsPerEpoch, train } from '../train/loop.js';
import { cosineSchedule } from '../train/schedule.js';
import { evaluationView, makeViews, smallView, type View } from '../views/index.js';
import { pickMethodOptions, type RunConfig } from './config.js';
import { diagnoseStudent, knnAccuracy, type LongLook, type Look, labelled, NotFiniteError } from './monitor.js';
import { chooseDevice, choosePrecision } from './resources.js';
import { checkRunFolder, createRunFolder, type RunFolder, shortName } from './run-folder.js';
import { tandemVersion } from './version.js';

/** One line of `metrics.jsonl`. The method adds numbers of its own. */
export interface EpochMetrics {
  readonly epoch: number;
  /** Student steps so far. */
  readonly step: number;
  /** Images in all student steps so far, each counted once a step. */
  readonly imagesSeen: number;
  /** Since the start, evaluation included. */
  readonly seconds: number;
  /** Mean over the epoch's steps. */
  readonly loss: number;
  readonly lr: number;
  readonly imagesPerSecond: number;
  /** Accuracy of 1-nearest-neighbour with the student's features; absent without labels. */
  readonly knnStudent?: number;
  readonly knnTeacher?: number;
  readonly [name: string]: number | undefined;
}

/** What a run tells while it goes on. */
export type PretrainEvent =
  /** What can be known without the images is right; they are read now. */
  | { readonly kind: 'loading' }
  | {
      readonly kind: 'start';
      readonly run: string;
      readonly config: object;
      readonly data: DataSet;
      readonly steps: number;
      readonly parameters: number;
    }
  | ({ readonly kind: 'step'; readonly imagesSeen: number } & StepReport)
  /** An epoch is over and its encoders are looked at: so many of so many images are done. */
  | { readonly kind: 'evaluation'; readonly step: number; readonly done: number; readonly total: number }
  | { readonly kind: 'epoch'; readonly metrics: EpochMetrics }
  | {
      readonly kind: 'end';
      readonly run: string;
      readonly metrics: EpochMetrics | undefined;
      readonly interrupted: boolean;
    };

export interface PretrainOptions {
  /** The run folder; the next free `runs/<images>-<method>-<backbone>` unless given. */
  readonly out?: string | undefined;
  readonly signal?: AbortSignal;
  /** Told while images are found and decoded. */
  readonly onLoading?: (done: number, total: number | undefined, what: string) => void;
}

/** A run and everything it is made of. */
interface Run {
  readonly config: RunConfig;
  readonly folder: RunFolder;
  readonly data: DataSet;
  readonly method: Method;
  readonly batches: Batches;
  readonly plan: Plan;
  readonly card: EncoderCard;
  readonly look: Look;
}

/**
 * Pretrains an encoder without labels, as configured by `resolveConfig`, and keeps everything in a run folder. When the
 * signal is aborted it stops after the step at hand, having saved; while images are still loading, with the signal's reason.
 * @throws UserError for what the user can put right: data, folders, settings, divergence
 */
export async function* pretrain(
  config: RunConfig,
  { out, signal, onLoading }: PretrainOptions = {},
): AsyncGenerator<PretrainEvent> {
  checkRunFolder(out);
  chooseDevice(config.device);
  yield { kind: 'loading' };
  const data = await openImages(config.images, {
    seed: config.seed,
    ...(config.dataRoot && { dataRoot: config.dataRoot }),
    ...(config.size && { size: config.size }),
    ...(config.limit && { limit: config.limit }),
    ...(signal && { signal }),
    ...(onLoading && { onProgress: onLoading }),
  });
  await setImmediate();
  signal?.throwIfAborted();
  const run = prepare(config, data, out);
  const { method, plan, batches, folder } = run;
  const started = Date.now();
  const seen = (step: number) => step * batches.size;
  yield {
    kind: 'start',
    run: folder.path,
    config: run.config,
    data,
    steps: config.epochs * stepsPerEpoch(method, batches),
    parameters: method.learns.parameters().reduce((sum, x) => sum + x.numel, 0),
  };
  let metrics: EpochMetrics | undefined;
  let epoch = new EpochAverages();
  let saved = 0;
  let last = 0;
  try {
    for await (const report of train(method, batches, plan)) {
      last = report.step;
      epoch.add(report.loss);
      yield { kind: 'step', imagesSeen: seen(report.step), ...report };
      await setImmediate(); // signals have their turn here too, or one more step would follow
      if (report.endsEpoch) {
        metrics = {
          epoch: report.epoch,
          step: report.step,
          imagesSeen: seen(report.step),
          lr: report.lr,
          ...epoch.close(batches.size),
          ...(yield* evaluate(run, report, signal)),
          seconds: (Date.now() - started) / 1000,
        };
        save(run, report.step);
        saved = report.step;
        folder.appendMetrics(metrics);
        yield { kind: 'epoch', metrics };
        epoch = new EpochAverages();
      }
      if (signal?.aborted) break;
    }
  } catch (error) {
    if (!(error instanceof DivergedError || error instanceof NotFiniteError)) throw error;
    const what = error instanceof DivergedError ? error.message : `${error.message} after step ${last}`;
    const kept = saved > 0 ? `the encoder of step ${saved} is kept in ${folder.path}` : 'no encoder was kept yet';
    throw new UserError(`${what}; ${kept}. Lower lr, or add warmup`);
  }
  if (last > saved) save(run, last);
  yield { kind: 'end', run: folder.path, metrics, interrupted: signal?.aborted === true };
}

/** Builds everything a run needs, so that whatever is wrong shows before the first step. */
function prepare(config: RunConfig, data: DataSet, out: string | undefined): Run {
  const { train: set } = data;
  const device = chooseDevice(config.device);
  const precision = choosePrecision(config.precision, device);
  const batches = new Batches(set, { batch: config.batch, seed: config.seed });
  const architecture: Architecture = {
    backbone: config.backbone,
    width: config.width,
    ...(config.features && { features: config.features }),
    stem: config.stem ?? stemFor(set.height),
    channels: set.channels,
  };
  const view = trainingView(config, data);
  manualSeed(config.seed);
  const method = methodOf(config, architecture, view, device);
  const optimizer = new optim.SGD(method.learns.parameters(), {
    lr: config.lr,
    momentum: config.momentum,
    weightDecay: config.weightDecay,
    nesterov: config.nesterov,
  });
  const folder = createRunFolder(out, `${shortName(config.images)}-${config.method}-${config.backbone}`);
  const resolved = { ...config, stem: architecture.stem, device, precision, size: set.height };
  folder.writeConfig({ ...resolved, tandem: { version: tandemVersion, libtorch: version(), threads: threads() } });
  if (data.skipped.length > 0) folder.writeSkipped(data.skipped);
  const plan: Plan = {
    epochs: config.epochs,
    lr: cosineSchedule({
      base: config.lr,
      epochs: config.epochs,
      stepsPerEpoch: stepsPerEpoch(method, batches),
      by: config.schedule,
      warmup: config.warmup,
    }),
    optimizer,
    seed: config.seed,
    device,
    precision,
    memoryFormat: config.memoryFormat,
    readLossEvery: device === 'cpu' ? 1 : 20,
  };
  return {
    config: resolved,
    folder,
    data,
    method,
    batches,
    plan,
    card: { architecture, size: set.height, mean: view.mean, std: view.std },
    look: {
      view: evaluationView({ size: set.height, channels: set.channels, mean: view.mean, std: view.std }),
      device,
      memoryFormat: config.memoryFormat,
    },
  };
}

function trainingView(config: RunConfig, { name, train: set }: DataSet): View {
  const { cropMin, flip, jitter, jitterP, gray } = config;
  return smallView({
    size: set.height,
    channels: set.channels,
    data: name,
    crop: { scale: [cropMin, 1], ratio: [3 / 4, 4 / 3] },
    flip,
    jitter: { p: jitterP, brightness: jitter, contrast: jitter, saturation: jitter, hue: Math.min(jitter / 4, 0.5) },
    gray,
  });
}

function methodOf(config: RunConfig, architecture: Architecture, view: View, device: Device): Method {
  const { build } = methods[config.method] as (typeof methods)[string];
  const { memoryFormat } = config;
  const newEncoder = (): Encoder => buildEncoder(architecture).to({ device, memoryFormat });
  return build(newEncoder, [view, view], pickMethodOptions(config));
}

/**
 * The method's numbers, the student's diagnostics and the k-NN accuracies at the end of an epoch. What the signal cuts short is
 * missing in the result.
 */
async function* evaluate(
  { config, data, method, plan, batches, look }: Run,
  { step, epoch }: StepReport,
  signal: AbortSignal | undefined,
): AsyncGenerator<PretrainEvent, Record<string, number>> {
  const { epochs, seed } = plan;
  method.beforeEvaluation?.(trainingViews(method, batches, plan, epoch));
  const numbers = { ...method.numbers?.({ epoch, epochs }) };
  const watch = <T>(long: LongLook<T>) => watched(long, step, signal);
  Object.assign(numbers, yield* watch(diagnoseStudent(method, data.train, seed, look)));
  const asked = labelled(data);
  const due = epoch === epochs || (config.knnEvery > 0 && epoch % config.knnEvery === 0);
  if (!asked || !due) return numbers;
  const encoders = { knnStudent: method.learns.encoder, knnTeacher: method.teacher?.encoder };
  for (const [name, encoder] of Object.entries(encoders)) {
    const share = encoder && (yield* watch(knnAccuracy(encoder, asked, look)));
    if (share !== undefined) numbers[name] = share;
  }
  return numbers;
}

/** Goes through a long look, telling how far it is; undefined where the signal ended it. */
async function* watched<T>(
  long: LongLook<T>,
  step: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<PretrainEvent, T | undefined> {
  try {
    while (!signal?.aborted) {
      const { done, value } = long.next();
      if (done) return value;
      yield { kind: 'evaluation', step, ...value };
      await setImmediate();
    }
    return undefined;
  } finally {
    long.return(undefined as T); // frees what it holds
  }
}

function* trainingViews(method: Method, batches: Batches, { seed, device }: Plan, epoch: number) {
  for (const batch of batches.epoch(epoch)) {
    for (const view of makeViews(batch, batches.set, method.views.slice(0, 1), { seed, draw: epoch }, device))
      yield view;
  }
}

/** The checkpoint, both encoders, and the kept one under the name that tools look for. */
function save({ folder, method, plan, card }: Run, step: number): void {
  saveCheckpoint(folder.path, method, plan.optimizer, step);
  const encoders = { student: method.learns.encoder, teacher: method.teacher?.encoder };
  for (const which of ['student', 'teacher'] as const) {
    const encoder = encoders[which];
    if (encoder) saveEncoder(folder.encoderFile(which), encoder, card);
    if (encoder && which === method.keeps) saveEncoder(folder.encoderFile('encoder'), encoder, card);
  }
}

/** Loss and rate of an epoch's training steps; evaluation is not in the rate. */
class EpochAverages {
  readonly #started = Date.now();
  #steps = 0;
  #losses = 0;
  #sum = 0;

  add(loss: number | undefined): void {
    this.#steps += 1;
    if (loss === undefined) return;
    this.#losses += 1;
    this.#sum += loss;
  }

  close(batch: number): { loss: number; imagesPerSecond: number } {
    const seconds = (Date.now() - this.#started) / 1000;
    return { loss: this.#sum / this.#losses, imagesPerSecond: (this.#steps * batch) / seconds };
  }
}
