import { canCapture, type Device, manualSeed, noGrad, scope, type Tensor, threads, version } from '@tandem/torch';
import { chooseDevice, choosePrecision } from '../device.js';
import { UsageError, UserError } from '../errors.js';
import { isOfTheDisk } from '../files/write-whole.js';
import { Batches, type DataSet, fingerprint } from '../images/index.js';
import { type Method, networksOf } from '../methods/index.js';
import {
  type Architecture,
  buildEncoder,
  checkSide,
  type Head,
  type NewEncoder,
  newArchitecture,
} from '../networks/index.js';
import { findEncoder, findHead } from '../runs/encoder-files.js';
import { saveCheckpoint } from '../train/checkpoint.js';
import { stepsPerEpoch } from '../train/loop.js';
import type { Plan } from '../train/plan.js';
import { cudaGraphs } from '../train/replay/recorder.js';
import { tandemVersion } from '../version.js';
import { evaluationView, type View } from '../views/index.js';
import type { EncoderCard } from '../weights/card.js';
import { saveEncoder } from '../weights/encoder.js';
import { loadHead, saveHead } from '../weights/head.js';
import { initEncoder } from '../weights/init.js';
import { type Origin, openOrigin } from './base-model.js';
import { type FlatConfig, flatten, type RunConfig, withoutUndefined } from './config/options.js';
import { type Look, NotFiniteError } from './evaluation/monitor.js';
import { type RunFolder, unwritable } from './folder/run-folder.js';
import { newOptimizer, pace } from './optimizer.js';
import { type LoadedTeacher, loadTeacher } from './teacher.js';
import { type Lessons, lessonsOf } from './training-data.js';
import { runViews } from './views.js';

/** A run and everything it is made of. */
export interface Run {
  readonly config: RunConfig;
  /** What config.json says: all that images and machine decide included. */
  readonly settings: FlatConfig;
  readonly folder: RunFolder;
  readonly data: DataSet;
  readonly method: Method;
  /** The trained network that it imitates. */
  readonly teacher?: LoadedTeacher | undefined;
  /** The network that it starts from. */
  readonly origin?: Pick<Origin, 'sha256'> | undefined;
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
  const { training, execution } = config;
  const { seed, memoryFormat, nonFinite } = execution;
  const origin = openOrigin(config.method);
  const lessons = lessonsOf(config, data);
  const size = origin?.card.size ?? data.size ?? set.height;
  const device = chooseDevice(execution.device);
  const precision = choosePrecision(execution.precision, device);
  const few = lessons.set.count < set.count;
  const batch = few ? Math.min(training.batch, lessons.set.count) : training.batch;
  const batches = new Batches(lessons.set, { batch, seed });
  const { backbone, initFrom: _from, teacher: _teacher, ...form } = config.network;
  const architecture = origin?.card.architecture ?? newArchitecture(backbone, form, { size, channels: set.channels });
  const { views: made, settings } = runViews(config.views, { ...data, size }, config.method.views);
  const views = made.map((view) => (origin ? fedAs(view, origin.card) : view)) as [View, ...View[]];
  const [view] = views;
  for (const { size: side } of views) checkSide(architecture, side, 'views');
  const { method, teacher, notes } = methodOf(config, { device, architecture, views, origin, lessons });
  const optimizer = newOptimizer(training, method);
  const { channels: _, ...settled } = architecture;
  const resolved = withoutUndefined({
    ...flatten(config),
    ...settings,
    ...settled,
    device,
    precision,
    batch,
    // With an origin the views have its size, whatever the images': they are read again as they
    // were asked for.
    size: origin ? config.data.size : size,
  });
  const plan: Plan = {
    epochs: training.epochs,
    ...pace(training, stepsPerEpoch(method, batches)),
    optimizer,
    scaleLoss: training.scaleLoss,
    seed,
    device,
    precision,
    memoryFormat,
    readLossEvery: device === 'cpu' || nonFinite === 'skip' ? 1 : 20,
    nonFinite,
    record: execution.graph === 'auto' ? cudaGraphs(device) : undefined,
    numbersIn: canCapture(device) ? 'device' : 'host', // so that graph=off gives the same bits
  };
  return {
    config,
    settings: resolved,
    data,
    method,
    teacher,
    origin,
    notes,
    batches,
    plan,
    card: { architecture, size, mean: view.mean, std: view.std },
    look: {
      view: evaluationView({ size, channels: set.channels, mean: view.mean, std: view.std }),
      device,
      memoryFormat,
    },
  };
}

/** @throws UserError where the images have other channels than the network was made for */
function fedAs(view: View, { mean, std }: EncoderCard): View {
  if (mean.length === view.mean.length) return { ...view, mean, std };
  throw new UserError(`the images have ${view.mean.length} channels, the network to start from takes ${mean.length}`);
}

/** What a method is built of beside its settings. */
interface Parts {
  readonly device: Device;
  readonly architecture: Architecture;
  readonly views: readonly [View, ...View[]];
  readonly origin: Origin | undefined;
  readonly lessons: Lessons;
}

function methodOf(
  { method: chosen, network, execution, views: given }: RunConfig,
  { device, architecture, views, origin, lessons }: Parts,
) {
  const { initFrom, dropPath } = network;
  const { seed, memoryFormat } = execution;
  const fromScratch = 'fromScratch' in chosen.options && chosen.options.fromScratch;
  let notes: readonly string[] = origin?.note === undefined ? [] : [origin.note];
  const newEncoder: NewEncoder = (form, other) => {
    const encoder = buildEncoder(other ?? architecture, { dropPath, ...form });
    if (origin && !fromScratch) encoder.loadStateDict(origin.encoder.stateDict());
    if (initFrom !== undefined && !other) notes = initEncoder(encoder, findEncoder(initFrom));
    return encoder.to({ device, memoryFormat });
  };
  const { least, most } = chosen.views;
  if (views.length < least || views.length > most) {
    const takes = least === most ? `${least}` : `${least} ${most === Infinity ? 'or more' : `to ${most}`}`;
    throw new UsageError(`views=${given.views} makes ${views.length} views of an image; ${chosen.name} takes ${takes}`);
  }
  const teacher =
    network.teacher === undefined ? undefined : loadTeacher(network.teacher, views[0], { device, memoryFormat });
  const { classes } = lessons;
  // after the teacher, which draws too while it is built: with any teacher the student begins the
  // same
  manualSeed(seed);
  const supervision = classes && { classes, head: origin?.head };
  const method = chosen.build(newEncoder, views, teacher?.teacher, supervision);
  const fromHead = initFrom === undefined ? [] : initHead(method, initFrom);
  for (const part of [origin?.encoder, origin?.head]) part?.dispose();
  return { method, teacher, notes: [...notes, ...fromHead, ...(teacher?.notes ?? [])] };
}

/**
 * The head of a run to start from goes with its encoder where the method has one of that shape.
 * @returns what the user should know
 */
function initHead({ student, teacher }: Method, run: string): string[] {
  const file = findHead(run);
  if (file === undefined) return [];
  const { head } = loadHead(file);
  const shapeOf = ({ shape: { splits: _, ...shape } }: Head) => JSON.stringify(shape);
  const alike = shapeOf(head) === shapeOf(student.head);
  if (alike) for (const network of [student, teacher]) network?.head.loadStateDict(head.stateDict());
  head.dispose();
  return alike ? [] : [`the head of ${run} is of another shape, so this one begins fresh`];
}

/**
 * Writes down what is being run, and on what machine and images.
 * @throws UserError when that cannot be written
 */
export function describe({ settings, folder, data, method, teacher, origin }: Run): void {
  const { count, channels, height, width } = data.train;
  const images = { count, channels, height, width, sha256: fingerprint(data.train) };
  const made = { version: tandemVersion, libtorch: version(), threads: threads() };
  const others = {
    ...(teacher && { teacher: { sha256: teacher.sha256 } }),
    ...(origin && { origin: { sha256: origin.sha256 } }),
  };
  const tandem = { ...made, views: method.views, folder: process.cwd(), images, ...others };
  try {
    folder.writeConfig({ ...settings, tandem });
    if (data.skipped.length > 0) folder.writeSkipped(data.skipped);
  } catch (error) {
    throw isOfTheDisk(error) ? unwritable(folder.path, error.message) : error;
  }
}

/**
 * The encoders where asked for, then the checkpoint: a run that dies in between makes the same
 * encoders once more.
 * @param notes what else a resumed run must know
 */
export function saveRun(run: Run, step: number, notes: unknown, encoders: boolean): void {
  if (encoders) saveEncoders(run);
  saveCheckpoint(run.folder.path, run.method, run.plan.optimizer, step, notes);
}

/** Both encoders, and the kept one, with its head, under the name that tools look for. */
function saveEncoders({ folder, method, card }: Run): void {
  const branches = { student: method.student, teacher: method.teacher };
  for (const which of ['student', 'teacher'] as const) {
    const branch = branches[which];
    if (!branch) continue;
    saveEncoder(folder.encoderFile(which), branch.encoder, card);
    if (which !== method.result) continue;
    saveHead(folder.headFile, { head: branch.head, classes: method.classes });
    saveEncoder(folder.encoderFile('encoder'), branch.encoder, card);
  }
}

/** @throws NotFiniteError: numbers that are none are never put in place of good ones */
export function checkFinite({ method }: Run): void {
  const parameters: readonly Tensor[] = networksOf(method).flatMap((network) => network.parameters());
  const good = scope(() => noGrad(() => parameters.every((x) => x.isfinite().all().item() === 1)));
  if (!good) throw new NotFiniteError('the parameters are not finite');
}
