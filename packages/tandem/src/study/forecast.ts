import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { randn, scope } from 'tandem-torch';
import { defined } from '../defined.js';
import { dataSetNamed } from '../images/index.js';
import { buildEncoder, encoderOperations, newArchitecture } from '../networks/index.js';
import { chooseCompute } from '../pretrain/plan.js';
import { numberIn, readRun } from '../runs/index.js';
import { stageOf } from './folder.js';
import { folderOf, type Plan, type PlannedRun } from './plan.js';

/** What runs need, as far as it can be told without their images. */
export interface Needs {
  readonly runs: number;
  /** Of them, trained and measured. */
  readonly done: number;
  /** Student steps. */
  readonly steps: number;
  /** Images in all steps, each counted once a step. */
  readonly images: number;
  /** Of encoders and checkpoints. */
  readonly bytes: number;
  /** Multiplications of those that are not done, forward and backward, two views. */
  readonly macs: number;
}

/** How fast this machine trains, in multiplications a second. */
export interface Rate {
  readonly macsPerSecond: number;
  /** Where it comes from, in words. */
  readonly from: string;
}

/** Of images that are not a data set known by name. */
const assumed = { count: 50_000, side: 32 };

/** What some runs need. @param folder where what is done is looked for */
export function needsOf(runs: readonly PlannedRun[], folder: string): Needs {
  const all = runs.map((run) => ({ ...costOf(run), isDone: stageOf(folder, run) === 'done' }));
  const sum = (of: (one: (typeof all)[number]) => number) => all.reduce((total, one) => total + of(one), 0);
  return {
    runs: runs.length,
    done: all.filter(({ isDone }) => isDone).length,
    steps: sum(({ steps }) => steps),
    images: sum(({ images }) => images),
    bytes: sum(({ bytes }) => bytes),
    macs: sum(({ macs, isDone }) => (isDone ? 0 : macs)),
  };
}

/** Of one run. */
export function costOf({ config, settings }: PlannedRun): Pick<Needs, 'steps' | 'images' | 'bytes' | 'macs'> {
  const { training, data, execution, method } = config;
  const { options } = method;
  const { count, side } = dataSetNamed(String(settings.images))?.published ?? assumed;
  const isOnLabelled = method.labels === 'needed' || ('distillOn' in options && options.distillOn === 'labelled');
  const share = isOnLabelled && 'labels' in options ? (options.labels ?? 1) : 1;
  const learned = Math.max(2, Math.round(Math.min(data.limit ?? count, count) * share));
  const rounds = 'epochMode' in options && options.epochMode !== 'one-pass' ? options.lookahead : 1;
  const batch = Math.min(training.batch, learned);
  const steps = Math.floor(learned / batch) * rounds * training.epochs;
  const { macs, parameters } = sizeOf(config.network, data.size ?? side);
  const kept = execution.keepEvery > 0 ? Math.floor(training.epochs / execution.keepEvery) : 0;
  return {
    steps,
    images: steps * batch,
    // Student, teacher and the kept one, both of each epoch that stays, and two checkpoints of
    // student, teacher and momentum.
    bytes: 4 * parameters * (3 + 2 * kept + 2 * 3),
    // Two views, forward and backward as three forward ones, and those of a teacher.
    macs: steps * batch * macs * 2 * 4,
  };
}

const sizes = new Map<string, { macs: number; parameters: number }>();

/** Of one image's way through an encoder, which is built once for it. */
function sizeOf({ initFrom: _, teacher: __, backbone, ...form }: PlannedRun['config']['network'], size: number) {
  const key = JSON.stringify([backbone, form, size]);
  const known = sizes.get(key);
  if (known) return known;
  const encoder = buildEncoder(newArchitecture(backbone, defined(form), { size, channels: 3 }));
  const { macs, binaryMacs } = encoderOperations(encoder, { size, channels: 3 });
  const parameters = encoder.parameters().reduce((sum, x) => sum + x.numel, 0);
  encoder.dispose();
  const found = { macs: macs + binaryMacs, parameters };
  sizes.set(key, found);
  return found;
}

/**
 * How fast this machine trains: by the runs that are done here, or by passes of the network that
 * takes longest.
 */
export function rateHere({ runs }: Plan, folder: string): Rate {
  const done = runs.filter((run) => existsSync(join(folderOf(folder, run), 'trained.json')));
  const [macs, seconds] = done.reduce(
    ([work, time], run) => [
      work + costOf(run).macs,
      time + (numberIn(readRun(folderOf(folder, run)).metrics.at(-1), 'seconds') ?? 0),
    ],
    [0, 0],
  );
  if (seconds > 0) return { macsPerSecond: macs / seconds, from: `by ${done.length} runs that are done here` };
  const costliest = runs.reduce((a, b) => (costOf(b).macs > costOf(a).macs ? b : a));
  return { macsPerSecond: trainingRate(costliest), from: 'by passes of the costliest network, forward and backward' };
}

/** Images of a pass that is timed, and how long passes are timed, in seconds. */
const [timedImages, timedSeconds] = [16, 1];

/** Of one run's encoder on noise, without making views or evaluating. */
function trainingRate({ config, settings }: PlannedRun): number {
  const { side } = dataSetNamed(String(settings.images))?.published ?? assumed;
  const { initFrom: _, teacher: __, backbone, ...form } = config.network;
  const size = config.data.size ?? side;
  const { device } = chooseCompute(config.execution);
  const encoder = buildEncoder(newArchitecture(backbone, defined(form), { size, channels: 3 })).to({ device });
  const x = randn([timedImages, 3, size, size], { device });
  const pass = () =>
    scope(() => {
      const loss = encoder.forward(x).square().sum();
      loss.backward();
      loss.item(); // waits for a GPU
    });
  try {
    pass();
    const begun = performance.now();
    let passes = 0;
    for (; performance.now() - begun < 1000 * timedSeconds; passes++) pass();
    const seconds = (performance.now() - begun) / 1000;
    return (3 * sizeOf(config.network, size).macs * timedImages * passes) / seconds;
  } finally {
    encoder.dispose();
    x.dispose();
  }
}
