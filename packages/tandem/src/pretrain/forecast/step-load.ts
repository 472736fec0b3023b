import { allocatedBytes, type nn, noGrad, rand, scope, type Tensor, zeros } from 'tandem-torch';
import { learnersOf, networksOf, type Views } from '../../methods/index.js';
import { countOperations, type Operations } from '../../networks/index.js';
import { eagerContext } from '../../step/index.js';
import { inPrecision } from '../../train/gradients.js';
import type { TrainingSettings } from '../config/training.js';
import type { AssembledRun } from '../run.js';
import type { MemoryFacts, StepLoad } from './facts.js';

/**
 * What a step computes and holds, by the forward passes of two parts of a batch of noise: memory in
 * use when the loss is there, less that before. A batch lies on the line through both. What
 * backward needs in passing comes on top of it.
 * @param run on the CPU, where memory can be told; its running statistics move
 */
export function loadOfStep(run: AssembledRun): StepLoad {
  const batch = run.batches.size;
  const sizes = partsOf(run).slice(0, 2);
  const [first, last = first] = sizes.map((n) => measured(run, n)) as [Pass, Pass?];
  const { macs, binaryMacs } = last.operations;
  const times = batch / last.images;
  return {
    perStep: { macs: Math.round(macs * times), binaryMacs: Math.round(binaryMacs * times) },
    memory: memoryOf(run, Math.round(onLine([first.images, first.bytes], [last.images, last.bytes], batch))),
    measuredAt: sizes,
  };
}

/** Batches that divide as the whole one does, from the sixteenth of it up to itself. */
export function partsOf({ batches: { size: batch }, config: { method } }: AssembledRun): number[] {
  const splits = 'bnSplits' in method.options ? (method.options.bnSplits ?? 1) : 1;
  const fits = (n: number) => Number.isInteger(n) && n >= 8 && n % splits === 0 && n / splits >= 2;
  return [...[16, 8, 4, 2].map((part) => batch / part).filter(fits), batch];
}

/** At `x` on the line through two points; of one point, on the line from 0 through it. */
function onLine([x1, y1]: readonly [number, number], [x2, y2]: readonly [number, number], x: number): number {
  const slope = x1 === x2 ? y1 / x1 : (y2 - y1) / (x2 - x1);
  return y2 + slope * (x - x2);
}

/** All that a step goes through, and a teacher that is frozen. */
export function networksIn({ method, teacher }: AssembledRun): nn.Module[] {
  return [...networksOf(method), ...(teacher ? [teacher.teacher.encoder, teacher.teacher.head] : [])];
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
 * A pass after one in which libtorch allocates what it keeps for a shape. Of small ones the middle
 * of nine: V8's compiler takes and gives back a MiB meanwhile, on threads of its own.
 */
function measured(run: AssembledRun, images: number): Pass {
  pass(run, images);
  const second = pass(run, images);
  if (second.bytes > 2 ** 27) return second;
  const passes = [second, ...Array.from({ length: 8 }, () => pass(run, images))];
  return passes.sort((a, b) => a.bytes - b.bytes)[4] as Pass;
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

/** Bytes of this process that are in use; tensors that only the graph holds are among them. */
function held(): number {
  return allocatedBytes() ?? process.memoryUsage.rss();
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
