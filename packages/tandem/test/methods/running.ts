import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Device, type distributed, manualSeed, noGrad, type Tensor } from 'tandem-torch';
import { Batches, type ImageSet } from '../../src/images/index.js';
import { averaged, type Method } from '../../src/methods/index.js';
import { type Architecture, buildEncoder, Head } from '../../src/networks/index.js';
import { resolveConfig } from '../../src/pretrain/config/resolve.js';
import { newOptimizer, pace } from '../../src/pretrain/optimizer.js';
import { type FrozenTeacher, frozenTeacher } from '../../src/teachers/index.js';
import { loadCheckpoint, restoreTrainingState, saveCheckpoint, trainingState } from '../../src/train/checkpoint.js';
import { SharedBatch } from '../../src/train/distributed/shared-batch.js';
import { type StepReport, stepsPerEpoch, train } from '../../src/train/loop.js';
import type { Plan } from '../../src/train/plan.js';
import { smallView, type View } from '../../src/views/index.js';
import { hash, noise } from '../support.js';

/** A run of the training loop: what `train` takes. */
export interface Run {
  readonly method: Method;
  readonly batches: Batches;
  readonly plan: Plan;
  /** What the method imitates, if it is trained already. */
  readonly imitated?: FrozenTeacher | undefined;
}

/**
 * A run by settings as on the command line, on these pictures. `init` seeds the networks, as if a
 * run had its own.
 */
export interface RunSetup {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly init?: number;
  readonly startStep?: number;
  readonly pictures?: ImageSet;
  /** Of which there are as many as the method takes, */
  readonly view?: View;
  /** unless these are given. */
  readonly views?: readonly View[];
  readonly architecture?: Architecture;
  readonly device?: Device;
  /** Of all networks and views; defaults to float32. */
  readonly dtype?: 'float32' | 'float64';
  /** The processes that share each batch; defaults to this one alone. */
  readonly group?: distributed.ProcessGroup | undefined;
  /** Defaults to true. */
  readonly syncBatchNorm?: boolean;
}

const tiny = { backbone: 'resnet8', width: 4, stem: 'strided', channels: 3 } as const;
const few = labelledNoise(26, { channels: 3, side: 8 });

/** Noise of two classes. */
export function labelledNoise(count: number, shape: Parameters<typeof noise>[1]): ImageSet {
  return { ...noise(count, shape), labels: Int32Array.from({ length: count }, (_, i) => i % 2), classes: ['a', 'b'] };
}

/**
 * A frozen network that is the same whatever the student's seed; its outputs may be taken for
 * classes, those of the images where they are given.
 */
function newTeacher(
  channels: number,
  { mean, std }: View,
  device: Device,
  dtype: 'float32' | 'float64',
  classes: readonly string[] = [...'abcdefgh'],
): FrozenTeacher {
  manualSeed(7);
  const encoder = buildEncoder({ backbone: 'resnet8', width: 8, stem: 'strided', channels });
  const head = new Head({ widths: [encoder.featureWidth, classes.length], norm: false });
  for (const part of [encoder, head]) part.to({ device, dtype });
  return frozenTeacher({ encoder, head, classes, own: { mean, std } }, { mean, std });
}

/** Everything but the run folder of what pretraining puts together. */
export function setUp({
  settings,
  init = 1,
  startStep = 0,
  pictures = few,
  view = smallView({ size: 8 }),
  views,
  architecture = tiny,
  device = 'cpu',
  dtype = 'float32',
  group,
  syncBatchNorm = true,
}: RunSetup): Run {
  const config = resolveConfig({ images: pictures.name, memoryFormat: 'contiguous', ...settings });
  const { network, training, execution } = config;
  const { batch, epochs, scaleLoss } = training;
  const { seed, memoryFormat, precision } = execution;
  const { build, options, views: count } = config.method;
  const teaches = 'labels' in options && (options.labels ?? 0) > 0;
  const names = teaches ? pictures.classes : undefined;
  const teacher =
    network.teacher === undefined ? undefined : newTeacher(architecture.channels, view, device, dtype, names);
  manualSeed(init);
  const built = build(
    (form, other) =>
      buildEncoder(other ?? architecture, { dropPath: network.dropPath, ...form }).to({ memoryFormat, device, dtype }),
    views ?? Array<View>(count.least).fill(view),
    teacher,
    teaches ? { classes: pictures.classes ?? [] } : undefined,
  );
  const wide = (x: Tensor) => noGrad(() => x.to(dtype));
  const loss: Method['loss'] = ([x, ...rest], ctx) => built.loss([wide(x), ...rest.map(wide)], ctx);
  const inDtype = dtype === 'float32' ? built : { ...built, loss };
  const { averageWeights: keeps } = training;
  const method = keeps === undefined ? inDtype : averaged(inDtype, { keeps, architecture });
  const unit = 'bnSplits' in options ? Number(options.bnSplits) : 1;
  const shared = group && new SharedBatch(group, { batch, unit });
  shared?.adopt(method, { syncBatchNorm });
  const { labels, ...unlabelled } = pictures;
  const batches = new Batches(teaches ? pictures : unlabelled, { batch, seed, share: shared?.share });
  const plan: Plan = {
    epochs,
    seed,
    scaleLoss,
    startStep,
    ...pace(training, stepsPerEpoch(method, batches)),
    optimizer: newOptimizer(training, method),
    device,
    precision: precision === 'bfloat16' ? 'bfloat16' : 'float32',
    memoryFormat,
    readLossEvery: 1,
    shared,
  };
  return { method, batches, plan, imitated: teacher };
}

/** Trains, and collects what the loop tells. */
export async function reports({ method, batches, plan }: Run, until = Number.POSITIVE_INFINITY): Promise<StepReport[]> {
  const all: StepReport[] = [];
  for await (const report of train(method, batches, plan)) {
    all.push(report);
    if (report.step >= until) break;
  }
  return all;
}

/** All bits that decide how training goes on. */
export function stateOf({ method, plan }: Pick<Run, 'method' | 'plan'>): string {
  return hash(Object.values(trainingState(method, plan.optimizer)));
}

/** Leaves a checkpoint of one run for another, through a file. */
export function handOver(from: Run, to: Run, step: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-'));
  try {
    saveCheckpoint(folder, from.method, from.plan.optimizer, step);
    const checkpoint = loadCheckpoint(folder);
    if (checkpoint?.step !== step) throw new Error(`the checkpoint is of step ${checkpoint?.step}, not ${step}`);
    restoreTrainingState(to.method, to.plan.optimizer, checkpoint.tensors);
    for (const x of Object.values(checkpoint.tensors)) x.dispose();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
