import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nn, noGrad, randn, scope } from 'tandem-torch';
import { defined } from '../defined.js';
import { buildEncoder, encoderOperations, newArchitecture } from '../networks/index.js';
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

/** Images to learn from and their side, of sets that need not be at hand; CIFAR-10's of others. */
const usual: Readonly<Record<string, readonly [count: number, side: number]>> = {
  cifar10: [50_000, 32],
  cifar100: [50_000, 32],
  stl10: [105_000, 96],
  'tiny-imagenet': [100_000, 64],
  imagenet100: [126_689, 224],
  'fashion-mnist': [60_000, 28],
  mnist: [60_000, 28],
};

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
  const [count, side] = usual[String(settings.images)] ?? [50_000, 32];
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

/** How fast this machine trains: by the runs that are done here, or by a convolution. */
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
  return { macsPerSecond: convolutionRate() * trainingShare, from: "by this machine's convolutions, so very roughly" };
}

/** What training reaches of the rate of a single convolution. */
const trainingShare = 0.3;

function convolutionRate(): number {
  const [batch, channels, side] = [16, 64, 32];
  return scope(() =>
    noGrad(() => {
      const layer = new nn.Conv2d(channels, channels, 3, { padding: 1, bias: false });
      const x = randn([batch, channels, side, side]);
      scope(() => void layer.forward(x));
      const start = performance.now();
      let count = 0;
      for (; performance.now() - start < 300; count++) scope(() => void layer.forward(x));
      layer.dispose();
      return (count * batch * channels * channels * 9 * side * side) / ((performance.now() - start) / 1000);
    }),
  );
}
