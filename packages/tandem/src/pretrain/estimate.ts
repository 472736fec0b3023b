import { allocatedBytes, type nn, noGrad, rand, scope, type Tensor, zeros } from 'tandem-torch';
import { learnersOf, networksOf, type Views } from '../methods/index.js';
import { type Branch, countOperations, encoderOperations, type Operations } from '../networks/index.js';
import { eagerContext } from '../step/index.js';
import { inPrecision } from '../train/gradients.js';
import { stepsPerEpoch } from '../train/loop.js';
import type { FlatConfig, RunConfig } from './config/options.js';
import type { TrainingSettings } from './config/training.js';
import { checkRunFolder } from './folder/run-folder.js';
import { chooseCompute } from './plan.js';
import { loadImages, type PretrainOptions } from './pretrain.js';
import { type AssembledRun, assemble } from './run.js';

/** One of the two networks. */
export interface NetworkFacts {
  /** Of encoder and heads. */
  readonly parameters: number;
  /** Those of them that are the encoder's. */
  readonly encoderParameters: number;
  /** Of one image's way through the encoder. */
  readonly perImage: Operations;
}

/** Bytes at the height of a step. */
export interface MemoryFacts {
  /** Of all networks, running statistics included. */
  readonly networks: number;
  /** Of all that is trained. */
  readonly gradients: number;
  /** The optimizer's, and the method's own: queues, centres. */
  readonly state: number;
  /** What the forward passes of one batch leave for the backward pass, views included. */
  readonly activations: number;
  /** The sum of the others. */
  readonly total: number;
}

/** What a run would be, and need. */
export interface Estimate {
  /** All settings, with what the machine decided. */
  readonly config: FlatConfig;
  /** Those that are learned from. */
  readonly images: { readonly name: string; readonly count: number };
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
  /**
   * All forward passes of a step, and the backward passes of what learns, each as two forward ones.
   */
  readonly perStep: Operations;
  /** At the height of a step. */
  readonly memory: MemoryFacts;
  /** The batch sizes whose activations were measured. */
  readonly measuredAt: readonly number[];
}

/**
 * Builds what `pretrain` would, without a run folder, and takes its measure by the forward passes
 * of two parts of a batch of noise, on the CPU: memory in use when the loss is there, less that
 * before. A batch lies on the line through both. What backward needs in passing comes on top of it.
 * @throws UserError for what would stop the run
 */
export async function estimateRun(config: RunConfig, { out, ...loading }: PretrainOptions = {}): Promise<Estimate> {
  checkRunFolder(out);
  const { device, precision } = chooseCompute(config.execution);
  const data = await loadImages(config, loading);
  const run = assemble({ ...config, execution: { ...config.execution, device: 'cpu', precision } }, data);
  const { method, batches, plan } = run;
  const perEpoch = stepsPerEpoch(method, batches);
  const batch = batches.size;
  const { options } = config.method;
  const sizes = partsOf(batch, 'bnSplits' in options ? (options.bnSplits ?? 1) : 1);
  // The second of two: what libtorch allocates once for a shape is not the batch's.
  const passes = sizes.map((n) => [pass(run, n), pass(run, n)][1]);
  const [first, last = first] = passes as [Pass, Pass?];
  return {
    config: { ...run.settings, device },
    images: { name: data.train.name, count: data.train.count },
    stepsPerEpoch: perEpoch,
    steps: plan.epochs * perEpoch,
    student: factsOf(method.student, run),
    ...(method.teacher && { teacher: factsOf(method.teacher, run) }),
    ...(run.teacher && { imitated: factsOf(run.teacher.teacher, run) }),
    others: Object.fromEntries(
      Object.entries(method.auxiliary ?? {}).map(([name, { branch }]) => [name, factsOf(branch, run)]),
    ),
    perStep: scaled(last.operations, batch / last.images),
    memory: memoryOf(run, Math.round(onLine(first, last, batch))),
    measuredAt: sizes,
  };
}

function memoryOf(run: AssembledRun, activations: number): MemoryFacts {
  const { method, config } = run;
  const trained = learnersOf(method).flatMap((network) => network.parameters().filter((x) => x.requiresGrad));
  const gradients = bytesOf(trained);
  const memory = {
    networks: networksIn(run).reduce((sum, network) => sum + bytesOf(Object.values(network.stateDict())), 0),
    gradients,
    state: gradients * moments(config.training) + bytesOf(Object.values(method.state ?? {})),
    activations,
  };
  return { ...memory, total: Object.values(memory).reduce((sum, bytes) => sum + bytes, 0) };
}

/**
 * Two batches that are small and yet divide as the whole one does; the whole one alone where it is
 * small.
 */
function partsOf(batch: number, splits: number): number[] {
  const fits = (n: number) => Number.isInteger(n) && n >= 8 && n % splits === 0 && n / splits >= 2;
  const small = [16, 8, 4, 2].map((part) => batch / part).find(fits);
  return small === undefined ? [batch] : [small, 2 * small];
}

interface Pass {
  readonly images: number;
  readonly bytes: number;
  readonly operations: Operations;
}

/**
 * The loss of so many images of noise: what it computes, and the memory it leaves in use until its
 * scope ends.
 */
function pass(run: AssembledRun, images: number): Pass {
  const { method, plan, batches } = run;
  const { device, memoryFormat, epochs, seed } = plan;
  const networks = networksIn(run);
  const { channels, labels } = batches.set;
  const before = held();
  return scope(() => {
    const views = method.views.map(({ size }) =>
      noGrad(() => scope(() => rand([images, channels, size, size], { device }).to({ memoryFormat }))),
    );
    const lr = plan.lr(0);
    const ctx = eagerContext({
      info: { step: 0, steps: plan.epochs, epoch: 1, epochs, lr, seed },
      labels: labels && zeros([images], { dtype: 'int64', device }),
    });
    const loss = () => inPrecision(plan, () => method.loss(views as readonly Tensor[] as Views, ctx));
    const { trained, untrained } = countOperations(networks, loss);
    const operations = {
      macs: 3 * trained.macs + untrained.macs,
      binaryMacs: 3 * trained.binaryMacs + untrained.binaryMacs,
    };
    return { images, bytes: held() - before, operations };
  });
}

/** All that a step goes through, and a teacher that is frozen. */
function networksIn({ method, teacher }: AssembledRun): nn.Module[] {
  return [...networksOf(method), ...(teacher ? [teacher.teacher.encoder, teacher.teacher.head] : [])];
}

/** Bytes of this process that are in use; tensors that only the graph holds are among them. */
function held(): number {
  return allocatedBytes() ?? process.memoryUsage.rss();
}

/** At `images` on the line through both. */
function onLine(a: Pass, b: Pass, images: number): number {
  const slope = a === b ? a.bytes / a.images : (b.bytes - a.bytes) / (b.images - a.images);
  return b.bytes + slope * (images - b.images);
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

/** Numbers that the optimizer keeps for each parameter. */
function moments({ optimizer, momentum }: TrainingSettings): number {
  const kept: Record<TrainingSettings['optimizer'], number> = { sgd: 1, lars: 1, adam: 2, adamw: 2 };
  return kept[optimizer] === 1 && momentum === 0 ? 0 : kept[optimizer];
}

const elementBytes: Readonly<Record<string, number>> = { float64: 8, int64: 8, bfloat16: 2, float16: 2, bool: 1 };

function bytesOf(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, x) => sum + x.numel * (elementBytes[x.dtype] ?? 4), 0);
}

function scaled({ macs, binaryMacs }: Operations, by: number): Operations {
  return { macs: Math.round(macs * by), binaryMacs: Math.round(binaryMacs * by) };
}
