import type { Device, nn } from 'tandem-torch';
import { type ClassSizes, classSizes, knnSplit } from '../../evaluate/index.js';
import type { DataSet } from '../../images/index.js';
import { type Branch, encoderOperations, type Operations } from '../../networks/index.js';
import { stepsPerEpoch } from '../../train/loop.js';
import type { FlatConfig, RunConfig } from '../config/options.js';
import { checkRunFolder } from '../folder/run-folder.js';
import type { LoadingOptions } from '../following.js';
import { loadImages } from '../load-images.js';
import { chooseCompute } from '../plan.js';
import type { AssembledRun } from '../run.js';
import { discarding } from './discarding.js';
import type { RunTime, StepLoad } from './facts.js';
import { loadOfStep } from './step-load.js';
import { timeOf } from './time-of.js';

/** One of the two networks. */
export interface NetworkFacts {
  /** Of encoder and heads. */
  readonly parameters: number;
  /** Those of them that are the encoder's. */
  readonly encoderParameters: number;
  /** Of one image's way through the encoder. */
  readonly perImage: Operations;
}

/** What a run would be, and need. */
export interface Estimate extends StepLoad {
  /** All settings, with what the machine decided. */
  readonly config: FlatConfig;
  /** Those that are learned from. */
  readonly images: { readonly name: string; readonly count: number };
  /** What k-NN is asked; absent where there are no labels. */
  readonly knn?: ClassSizes & { readonly reference: number; readonly queries: number };
  /** Student steps of an epoch. */
  readonly stepsPerEpoch: number;
  /** Student steps of the whole run. */
  readonly steps: number;
  /** The network that is trained. */
  readonly student: NetworkFacts;
  /** The network that follows, where there is one. */
  readonly teacher?: NetworkFacts;
  /** The trained network that is imitated. */
  readonly imitated?: NetworkFacts;
  /** Further networks, by name. */
  readonly others: Readonly<Record<string, NetworkFacts>>;
  /** What it takes on the device of the run, in seconds. */
  readonly time: RunTime;
}

/**
 * Builds what `pretrain` would, without a run folder, and takes its measure: memory and operations
 * on the CPU, time on the device of the run.
 * @throws UserError for what would stop the run
 * @example
 * ```ts
 * import { estimateRun, resolveConfig } from 'tandem-vision';
 *
 * const network = { backbone: 'resnet10', width: 8 };
 * const config = resolveConfig({ images: 'pictures', batch: 16, epochs: 3, ...network });
 * const { steps, memory, student } = await estimateRun(config);
 * console.log(`${steps} steps, ${memory.total} bytes, ${student.parameters} parameters`);
 * ```
 */
export async function estimateRun(
  config: RunConfig,
  { out, ...loading }: LoadingOptions & { readonly out?: string | undefined } = {},
): Promise<Estimate> {
  checkRunFolder(out);
  return estimateWith(config, await loadImages(config, loading), loading.signal);
}

/** The same, of images that are there. @throws the signal's reason */
export async function estimateWith(config: RunConfig, data: DataSet, signal?: AbortSignal): Promise<Estimate> {
  const { device, precision } = chooseCompute(config.execution);
  const onCpu = { ...config, execution: { ...config.execution, device: 'cpu', precision } };
  const facts = await discarding(onCpu, data, (run) => factsOfRun(run, device));
  const time = await discarding(config, data, (run) => timeOf(run, signal));
  return { ...facts, time };
}

function factsOfRun(run: AssembledRun, device: Device): Omit<Estimate, 'time'> {
  const { method, batches, plan, data, settings } = run;
  const perEpoch = stepsPerEpoch(method, batches);
  const split = knnSplit(data);
  return {
    config: { ...settings, device },
    images: { name: data.train.name, count: data.stream?.count ?? data.train.count },
    ...(split && {
      knn: { reference: split.reference.count, queries: split.queries.count, ...classSizes(split) },
    }),
    stepsPerEpoch: perEpoch,
    steps: plan.epochs * perEpoch,
    student: factsOf(method.student, run),
    ...(method.teacher && { teacher: factsOf(method.teacher, run) }),
    ...(run.teacher && { imitated: factsOf(run.teacher.teacher, run) }),
    others: Object.fromEntries(
      Object.entries(method.auxiliary ?? {}).map(([name, { branch }]) => [name, factsOf(branch, run)]),
    ),
    ...loadOfStep(run),
  };
}

function factsOf(
  { encoder, head, predictor = null }: Pick<Branch, 'encoder' | 'head'> & Partial<Pick<Branch, 'predictor'>>,
  { card }: AssembledRun,
): NetworkFacts {
  const count = (part: nn.Module | null) => part?.parameters().reduce((sum, x) => sum + x.numel, 0) ?? 0;
  const { size, architecture } = card;
  return {
    parameters: count(encoder) + count(head) + count(predictor),
    encoderParameters: count(encoder),
    perImage: encoderOperations(encoder, { size, channels: architecture.channels }),
  };
}
