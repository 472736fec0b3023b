import type { distributed } from 'tandem-torch';
import { defined } from '../defined.js';
import { UsageError } from '../errors.js';
import { knnSplit } from '../evaluate/index.js';
import { Batches, type BatchSource, type DataSet, parseRange } from '../images/index.js';
import type { Method } from '../methods/index.js';
import { type Architecture, checkSide } from '../networks/index.js';
import { SharedBatch } from '../train/distributed/shared-batch.js';
import type { Plan } from '../train/plan.js';
import { evaluationView, type Normalisation, type View } from '../views/index.js';
import type { EncoderCard } from '../weights/card.js';
import { architectureOf } from './architecture.js';
import { type BaseModel, normalisedFor, openBaseModel } from './base-model.js';
import { type FlatConfig, flattenConfig, type RunConfig } from './config/options.js';
import { checkSameRun } from './distributed/same-start.js';
import type { EvaluationContext } from './evaluation/context.js';
import type { ConfigFile, RunFolder } from './folder/run-folder.js';
import { buildMethod } from './method.js';
import { givenNormalisation } from './normalisation.js';
import { OnlineProbe } from './online-probe.js';
import { chooseCompute, newPlan } from './plan.js';
import type { LoadedTeacher } from './teacher.js';
import { selectTrainingData, type TrainingData } from './training-data.js';
import { type RunViews, runViews } from './views.js';

/** A run and everything it is made of. */
export interface Run {
  /** What was asked for, resolved. */
  readonly config: RunConfig;
  /** What config.json says: all that the images and the machine decide included. */
  readonly settings: FlatConfig;
  /** Where it is kept. */
  readonly folder: RunFolder;
  /** What its config.json holds, as it was begun. */
  readonly configFile: ConfigFile;
  /** Its images. */
  readonly data: DataSet;
  /** What learns. */
  readonly method: Method;
  /** The trained network that it imitates. */
  readonly teacher?: LoadedTeacher | undefined;
  /** The network that it starts from. */
  readonly baseModel?: Pick<BaseModel, 'sha256'> | undefined;
  /** Of the images that are learned from. */
  readonly batches: BatchSource;
  /** How long, how fast and where. */
  readonly plan: Plan;
  /** Of the encoders that it keeps. */
  readonly card: EncoderCard;
  /** What learns beside it, where that is asked for. */
  readonly probe?: OnlineProbe | undefined;
  /** How encoders are evaluated. */
  readonly evaluation: EvaluationContext;
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
  group?: distributed.ProcessGroup,
): AssembledRun & { readonly folder: Folder } {
  const run = assemble(config, data, group);
  if (group) checkSameRun(group, run);
  return { ...run, folder: openFolder() };
}

/** All of a run but its folder and what that holds. */
export type AssembledRun = Omit<Run, 'folder' | 'configFile'>;

/** @throws UserError where settings, images and given networks do not go together */
export function assemble(config: RunConfig, data: DataSet, group?: distributed.ProcessGroup): AssembledRun {
  if (config.execution.keepBest !== undefined && knnSplit(data) === undefined) {
    throw new UsageError(`keepBest=knn needs labels, and ${data.name} has none; keepEvery=N keeps encoders without`);
  }
  const baseModel = openBaseModel(config.method);
  const trainingData = selectTrainingData(config, data);
  const compute = chooseCompute(config.execution, group?.localRank);
  if (group && config.execution.accumulate > 1) {
    throw new UsageError('accumulate is for one process; several share each batch already, so leave it out');
  }
  const batch = batchSize(config, data, trainingData);
  const { compressGradients } = config.execution;
  const shared = group && new SharedBatch(group, { batch, unit: unitOf(config), compressGradients });
  const { seed } = config.execution;
  const batches: BatchSource =
    data.stream?.batches(batch, seed, shared?.share) ??
    new Batches(trainingData.set, { batch, seed, share: shared?.share });
  const input = inputOf(config, data, baseModel);
  const { architecture, size, views } = input;
  const built = buildMethod(config, {
    ...{ architecture, views, trainingData, baseModel, device: compute.device },
  });
  const { teacher, notes } = built;
  shared?.adopt(built.method, config.execution);
  const probe = config.execution.onlineProbe
    ? new OnlineProbe(built.method, data, data.stream?.count ?? trainingData.set.count, compute)
    : undefined;
  const method = probe ? { ...built.method, state: { ...built.method.state, ...probe.state } } : built.method;
  const watch: Plan['watch'] = probe && ((...seen) => probe.step(...seen));
  const plan = { ...newPlan(config, compute, method, batches), watch, ...(shared && { shared, capture: undefined }) };
  const [{ mean, std }] = views;
  const { device, memoryFormat } = compute;
  const { range } = config.data;
  return {
    ...{ config, data, method, teacher, baseModel, notes, batches, plan, probe },
    settings: settled(config, { ...input, batch: batches.size, plan, baseModel, stream: data.stream }),
    card: {
      architecture,
      size,
      mean,
      std,
      ...(range !== undefined && { range: parseRange(range) }),
      ...(data.train.depth && { bits: data.train.depth }),
    },
    evaluation: {
      view: evaluationView({ size, channels: data.train.channels, mean, std }),
      ...{ device, memoryFormat, group },
    },
  };
}

/** Images in a batch; fewer where labels leave fewer images than a batch has. */
function batchSize({ training }: RunConfig, { train, stream }: DataSet, { set }: TrainingData): number {
  const few = !stream && set.count < train.count;
  return few ? Math.min(training.batch, set.count) : training.batch;
}

/** Images that a process has all of or none: batch norm by parts takes one of each part. */
function unitOf({ method: { options } }: RunConfig): number {
  return 'bnSplits' in options ? (options.bnSplits ?? 1) : 1;
}

/** What the networks see. */
interface Input {
  /** Side of the images, in pixels. */
  readonly size: number;
  readonly architecture: Architecture;
  readonly views: readonly [View, ...View[]];
  /** With the normalisation, where it is not that of a data set. */
  readonly viewSettings: RunViews['settings'] & { readonly mean?: string; readonly std?: string };
}

/**
 * Network and views that suit the images, or the base model where there is one.
 * @throws UserError where they do not go together
 */
function inputOf(config: RunConfig, data: DataSet, baseModel: BaseModel | undefined): Input {
  const size = baseModel?.card.size ?? data.size ?? data.train.height;
  const { channels } = data.train;
  const architecture = baseModel?.card.architecture ?? architectureOf(config.network, { size, channels });
  const normalisation = givenNormalisation(config.data, data.train);
  const { views: made, settings } = runViews(config.views, { ...data, size, normalisation }, config.method.views);
  const views = made.map((view) => (baseModel ? normalisedFor(baseModel, view) : view)) as [View, ...View[]];
  for (const { size: side } of views) checkSide(architecture, side, 'views');
  return { size, architecture, views, viewSettings: { ...settings, ...asText(normalisation) } };
}

function asText({ mean, std }: Partial<Normalisation>): { readonly mean?: string; readonly std?: string } {
  return { ...(mean && { mean: mean.join(',') }), ...(std && { std: std.join(',') }) };
}

/** What a run decides beyond its configuration. */
interface Decided extends Input {
  readonly batch: number;
  readonly plan: Plan;
  readonly baseModel: BaseModel | undefined;
  readonly stream: DataSet['stream'];
}

/** All settings with what images, machine and base model decided. */
function settled(config: RunConfig, decided: Decided): FlatConfig {
  const { size, architecture, viewSettings, batch, plan, baseModel, stream } = decided;
  const { channels: _, ...network } = architecture;
  const { precision, shared } = plan;
  // Each process has a device of its own of that kind.
  const device = shared ? plan.device.replace(/:\d+$/, '') : plan.device;
  return defined({
    ...flattenConfig(config),
    ...viewSettings,
    ...network,
    ...{ device, precision, batch },
    ...(stream && { stream: 'on', streamWindow: stream.window, epochImages: stream.count }),
    // With a base model the views have its size, whatever the images': those are read again as they
    // were asked for.
    size: baseModel ? config.data.size : size,
  });
}
