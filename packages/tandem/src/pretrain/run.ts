import { type Device, manualSeed, noGrad, scope, type Tensor, threads, version } from '@tandem/torch';
import { type EncoderCard, saveEncoder } from '../export/index.js';
import { Batches, type DataSet } from '../images/index.js';
import { type Method, methods } from '../methods/index.js';
import { type Architecture, buildEncoder, type NewEncoder, newArchitecture } from '../networks/index.js';
import { saveCheckpoint } from '../train/checkpoint.js';
import { type Plan, stepsPerEpoch } from '../train/loop.js';
import { cosineSchedule } from '../train/schedule.js';
import { evaluationView, smallView, type View } from '../views/index.js';
import { backboneSettings, pickMethodOptions, type RunConfig } from './config.js';
import { type Look, NotFiniteError } from './monitor.js';
import { baseLr, excluded, newOptimizer } from './optimizer.js';
import { chooseDevice, choosePrecision } from './resources.js';
import type { RunFolder } from './run-folder.js';
import { tandemVersion } from './version.js';

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

/**
 * Builds everything a run needs, so that whatever is wrong shows before the first step.
 * @param openFolder called last, when all else is right
 */
export function prepare<Folder extends RunFolder>(
  config: RunConfig,
  data: DataSet,
  openFolder: () => Folder,
): Run & { readonly folder: Folder } {
  const run = assemble(config, data);
  return { ...run, folder: openFolder() };
}

/** All of a run but its folder. */
export function assemble(config: RunConfig, data: DataSet): Omit<Run, 'folder'> {
  const { train: set } = data;
  const size = data.size ?? set.height;
  const device = chooseDevice(config.device);
  const precision = choosePrecision(config.precision, device);
  const batches = new Batches(set, { batch: config.batch, seed: config.seed });
  const architecture = newArchitecture(config.backbone, backboneSettings(config), { size, channels: set.channels });
  const view = trainingView(config, data);
  manualSeed(config.seed);
  const method = methodOf(config, architecture, view, device);
  const optimizer = newOptimizer(config, method);
  const { channels: _, ...settled } = architecture;
  const resolved = {
    ...config,
    exclude: excluded(config),
    ...settled,
    device,
    precision,
    size,
  };
  const plan: Plan = {
    epochs: config.epochs,
    lr: cosineSchedule({
      base: baseLr(config),
      epochs: config.epochs,
      stepsPerEpoch: stepsPerEpoch(method, batches),
      by: config.schedule,
      warmup: config.warmup,
    }),
    optimizer,
    scaleLoss: config.scaleLoss,
    seed: config.seed,
    device,
    precision,
    memoryFormat: config.memoryFormat,
    readLossEvery: device === 'cpu' || config.nonFinite === 'skip' ? 1 : 20,
    nonFinite: config.nonFinite,
  };
  return {
    config: resolved,
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

function trainingView(config: RunConfig, { name, train: set, size = set.height }: DataSet): View {
  const { cropMin, flip, jitter, jitterP, gray } = config;
  return smallView({
    size,
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
  const { memoryFormat, dropPath } = config;
  const newEncoder: NewEncoder = (form) =>
    buildEncoder(architecture, { dropPath, ...form }).to({ device, memoryFormat });
  return build(newEncoder, [view, view], pickMethodOptions(config));
}

/** Writes down what is being run, and on what machine and images. */
export function describe({ config, folder, data }: Run): void {
  const { count, channels, height, width } = data.train;
  const tandem = { version: tandemVersion, libtorch: version(), threads: threads() };
  folder.writeConfig({ ...config, tandem: { ...tandem, images: { count, channels, height, width } } });
  if (data.skipped.length > 0) folder.writeSkipped(data.skipped);
}

/**
 * The checkpoint.
 * @throws NotFiniteError instead of putting numbers that are none in place of good ones
 */
export function saveState({ folder, method, plan }: Run, step: number, notes: unknown): void {
  checkFinite([...method.learns.parameters(), ...(method.teacher?.parameters() ?? [])]);
  saveCheckpoint(folder.path, method, plan.optimizer, step, notes);
}

/** Both encoders, and the kept one under the name that tools look for. */
export function saveEncoders({ folder, method, card }: Run): void {
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
