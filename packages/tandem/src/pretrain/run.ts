import { type Device, manualSeed, noGrad, optim, scope, type Tensor, threads, version } from '@tandem/torch';
import { UsageError } from '../errors.js';
import { type EncoderCard, saveEncoder } from '../export/index.js';
import { Batches, type DataSet } from '../images/index.js';
import { type Method, methods } from '../methods/index.js';
import { type Architecture, buildEncoder, type Encoder, stemFor } from '../networks/index.js';
import { saveCheckpoint } from '../train/checkpoint.js';
import { type Plan, stepsPerEpoch } from '../train/loop.js';
import { cosineSchedule } from '../train/schedule.js';
import { evaluationView, type View } from '../views/index.js';
import { pickMethodOptions, type RunConfig } from './config.js';
import { type Look, NotFiniteError } from './monitor.js';
import { chooseDevice, choosePrecision } from './resources.js';
import { createRunFolder, type RunFolder, shortName } from './run-folder.js';
import { tandemVersion } from './version.js';
import { runViews } from './views.js';

/** A run and everything it is made of. */
export interface Run {
  readonly config: RunConfig;
  readonly folder: RunFolder;
  readonly data: DataSet;
  readonly method: Method;
  readonly batches: Batches;
  readonly plan: Plan;
  readonly card: EncoderCard;
  readonly look: Look;
}

/** Builds everything a run needs, so that whatever is wrong shows before the first step. */
export function prepare(config: RunConfig, data: DataSet, out: string | undefined): Run {
  const { train: set } = data;
  const size = data.size ?? set.height;
  const device = chooseDevice(config.device);
  const precision = choosePrecision(config.precision, device);
  const batches = new Batches(set, { batch: config.batch, seed: config.seed });
  const architecture: Architecture = {
    backbone: config.backbone,
    width: config.width,
    ...(config.features && { features: config.features }),
    stem: config.stem ?? stemFor(size),
    channels: set.channels,
  };
  const { views, settings } = runViews(config, data);
  const [view] = views as [View];
  manualSeed(config.seed);
  const method = methodOf(config, architecture, views, device);
  const optimizer = new optim.SGD(method.learns.parameters(), {
    lr: config.lr,
    momentum: config.momentum,
    weightDecay: config.weightDecay,
    nesterov: config.nesterov,
  });
  const folder = createRunFolder(out, `${shortName(config.images)}-${config.method}-${config.backbone}`);
  const resolved = { ...config, ...settings, stem: architecture.stem, device, precision, size };
  folder.writeConfig({
    ...resolved,
    tandem: { version: tandemVersion, libtorch: version(), threads: threads(), views },
  });
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
    card: { architecture, size, mean: view.mean, std: view.std },
    look: {
      view: evaluationView({ size, channels: set.channels, mean: view.mean, std: view.std }),
      device,
      memoryFormat: config.memoryFormat,
    },
  };
}

function methodOf(config: RunConfig, architecture: Architecture, views: readonly View[], device: Device): Method {
  const { build } = methods[config.method] as (typeof methods)[string];
  const { memoryFormat } = config;
  const newEncoder = (): Encoder => buildEncoder(architecture).to({ device, memoryFormat });
  const [first, second, ...others] = views;
  if (!first || !second || others.length > 0) {
    throw new UsageError(`views=${config.views} makes ${views.length} views of an image; ${config.method} takes two`);
  }
  return build(newEncoder, [first, second], pickMethodOptions(config));
}

/**
 * The checkpoint, both encoders, and the kept one under the name that tools look for.
 * @throws NotFiniteError instead of overwriting good files with numbers that are none
 */
export function save({ folder, method, plan, card }: Run, step: number): void {
  checkFinite([...method.learns.parameters(), ...(method.teacher?.parameters() ?? [])]);
  saveCheckpoint(folder.path, method, plan.optimizer, step);
  const encoders = { student: method.learns.encoder, teacher: method.teacher?.encoder };
  for (const which of ['student', 'teacher'] as const) {
    const encoder = encoders[which];
    if (encoder) saveEncoder(folder.encoderFile(which), encoder, card);
    if (encoder && which === method.keeps) saveEncoder(folder.encoderFile('encoder'), encoder, card);
  }
}

function checkFinite(parameters: readonly Tensor[]): void {
  const good = scope(() => noGrad(() => parameters.every((x) => x.isfinite().all().item() === 1)));
  if (!good) throw new NotFiniteError('the parameters are not finite');
}
