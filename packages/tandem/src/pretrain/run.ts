import { type Device, manualSeed, noGrad, scope, type Tensor, threads, version } from '@tandem/torch';
import { UsageError } from '../errors.js';
import { type EncoderCard, saveEncoder } from '../export/encoder-file.js';
import { saveHead } from '../export/head-file.js';
import { initEncoder } from '../export/init.js';
import { Batches, type DataSet, fingerprint } from '../images/index.js';
import { type Method, methods } from '../methods/index.js';
import { type Architecture, buildEncoder, checkSide, type NewEncoder, newArchitecture } from '../networks/index.js';
import { saveCheckpoint } from '../train/checkpoint.js';
import { type Plan, stepsPerEpoch } from '../train/loop.js';
import { evaluationView, type View } from '../views/index.js';
import { backboneSettings, pickMethodOptions, type RunConfig, viewCountOf } from './config.js';
import { isOfTheDisk } from './files.js';
import { type Look, NotFiniteError } from './monitor.js';
import { newOptimizer, pace } from './optimizer.js';
import { chooseDevice, choosePrecision } from './resources.js';
import { findEncoder, type RunFolder, unwritable } from './run-folder.js';
import { loadTeacher } from './teacher.js';
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
  /** What the user should know before it starts. */
  readonly notes: readonly string[];
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
  const { views, settings } = runViews(config, data, viewCountOf(config));
  const [view] = views as [View];
  for (const { size: side } of views) checkSide(architecture, side, 'views');
  manualSeed(config.seed);
  const { method, notes } = methodOf(config, architecture, views as [View, ...View[]], device);
  const optimizer = newOptimizer(config, method);
  const { channels: _, ...settled } = architecture;
  const resolved = {
    ...config,
    ...settings,
    ...settled,
    device,
    precision,
    size,
  };
  const plan: Plan = {
    epochs: config.epochs,
    ...pace(config, stepsPerEpoch(method, batches)),
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
    notes,
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

function methodOf(config: RunConfig, architecture: Architecture, views: readonly [View, ...View[]], device: Device) {
  const { build } = methods[config.method] as (typeof methods)[string];
  const { memoryFormat, initFrom, dropPath } = config;
  let notes: readonly string[] = [];
  const newEncoder: NewEncoder = (form) => {
    const encoder = buildEncoder(architecture, { dropPath, ...form });
    if (initFrom !== undefined) notes = initEncoder(encoder, findEncoder(initFrom));
    return encoder.to({ device, memoryFormat });
  };
  const { least, most } = viewCountOf(config);
  if (views.length < least || views.length > most) {
    const takes = least === most ? `${least}` : `${least} ${most === Infinity ? 'or more' : `to ${most}`}`;
    throw new UsageError(
      `views=${config.views} makes ${views.length} views of an image; ${config.method} takes ${takes}`,
    );
  }
  const teacher =
    config.teacher === undefined ? undefined : loadTeacher(config.teacher, views[0], { device, memoryFormat });
  const method: Method = build(newEncoder, views, pickMethodOptions(config), teacher);
  return { method, notes };
}

/** Writes down what is being run, and on what machine and images. @throws UserError when that cannot be written */
export function describe({ config, folder, data, method }: Run): void {
  const { count, channels, height, width } = data.train;
  const images = { count, channels, height, width, sha256: fingerprint(data.train) };
  const made = { version: tandemVersion, libtorch: version(), threads: threads() };
  const tandem = { ...made, views: method.views, folder: process.cwd(), images };
  try {
    folder.writeConfig({ ...config, tandem });
    if (data.skipped.length > 0) folder.writeSkipped(data.skipped);
  } catch (error) {
    throw isOfTheDisk(error) ? unwritable(folder.path, error.message) : error;
  }
}

/**
 * The encoders where asked for, then the checkpoint: a run that dies in between makes the same encoders once more.
 * @param notes what else a resumed run must know
 */
export function saveRun(run: Run, step: number, notes: unknown, encoders: boolean): void {
  if (encoders) saveEncoders(run);
  saveCheckpoint(run.folder.path, run.method, run.plan.optimizer, step, notes);
}

/** Both encoders, and the kept one, with its head, under the name that tools look for. */
function saveEncoders({ folder, method, card }: Run): void {
  const branches = { student: method.learns, teacher: method.teacher };
  for (const which of ['student', 'teacher'] as const) {
    const branch = branches[which];
    if (!branch) continue;
    saveEncoder(folder.encoderFile(which), branch.encoder, card);
    if (which !== method.keeps) continue;
    saveHead(folder.headFile, { head: branch.head, classes: method.classes });
    saveEncoder(folder.encoderFile('encoder'), branch.encoder, card);
  }
}

/** @throws NotFiniteError: numbers that are none are never put in place of good ones */
export function checkFinite({ method }: Run): void {
  const parameters: readonly Tensor[] = [...method.learns.parameters(), ...(method.teacher?.parameters() ?? [])];
  const good = scope(() => noGrad(() => parameters.every((x) => x.isfinite().all().item() === 1)));
  if (!good) throw new NotFiniteError('the parameters are not finite');
}
