import { classNames, collapseWarning, knnSplit } from '../../evaluate/index.js';
import { Batches } from '../../images/index.js';
import { keptNetwork, type Method } from '../../methods/index.js';
import type { Encoder } from '../../networks/index.js';
import { stepsPerEpoch } from '../../train/loop.js';
import { makeViews } from '../../views/index.js';
import type { Stop } from '../distributed/stop.js';
import type { EpochMetrics, PretrainEvent } from '../events.js';
import type { Run } from '../run.js';
import { classAccuracy } from './class-accuracy.js';
import { diagnoseStudent } from './diagnose-student.js';
import { type InParts, runInParts } from './in-parts.js';
import { knnAccuracy } from './knn-accuracy.js';

type Evaluating<Result> = AsyncGenerator<PretrainEvent, Result>;
type Found = Record<string, number | string>;
type Watch = <Result>(evaluation: InParts<Result>) => Evaluating<Result | undefined>;

/**
 * The method's metrics, the student's diagnostics or its classifier's accuracy, and the k-NN
 * accuracies at the end of an epoch. What the signal cuts short is missing in the result.
 */
export async function* evaluate(
  run: Run,
  { step, epoch }: { readonly step: number; readonly epoch: number },
  stop: Stop,
): Evaluating<Pick<EpochMetrics, string>> {
  const { method, batches } = run;
  const { epochs } = run.plan;
  const watch: Watch = (evaluation) => runInParts(evaluation, step, stop);
  method.beforeEvaluation?.(trainingViews(run, epoch));
  return {
    ...method.metrics?.({ step, steps: epochs * stepsPerEpoch(method, batches), epoch, epochs }),
    ...(yield* diagnosticsOf(run, watch)),
    ...(yield* probeOf(run, watch)),
    ...(yield* accuraciesOf(run, epoch, watch)),
  };
}

/** The first view of every batch of an epoch, as they were in training; of a stream's sample. */
function* trainingViews({ method, batches, plan: { seed, device } }: Run, epoch: number) {
  const { set, size } = batches;
  const held = batches instanceof Batches ? batches : new Batches(set, { batch: Math.min(size, set.count), seed });
  for (const batch of held.epoch(epoch)) {
    yield* makeViews(batch, set, method.views.slice(0, 1), { seed, draw: epoch }, device);
  }
}

/** Of the student's embeddings, with a warning where they look collapsed; none of a classifier. */
async function* diagnosticsOf({ method, data, plan, evaluation }: Run, watch: Watch): Evaluating<Found> {
  if (method.classes) return {};
  const diagnostics = yield* watch(diagnoseStudent(method, data.train, plan.seed, evaluation));
  const warning = diagnostics && collapseWarning(diagnostics, method.student.head.embeddingWidth);
  return { ...diagnostics, ...(warning !== undefined && { warning }) };
}

/** Of the classifier that learns beside the run, where one does. */
async function* probeOf({ probe, evaluation }: Run, watch: Watch): Evaluating<Found> {
  const accuracy = probe && (yield* watch(probe.accuracy(evaluation)));
  return accuracy === undefined ? {} : { probeStudent: accuracy };
}

/** The average of the student's weights, where the method keeps that. */
function averageOf(method: Method): Encoder | undefined {
  return method.result === 'average' ? keptNetwork(method).encoder : undefined;
}

/** Where there are labels, and this epoch is due. */
async function* accuraciesOf(run: Run, epoch: number, watch: Watch): Evaluating<Found> {
  const { config, data, method, plan, evaluation } = run;
  const { knnEvery } = config.execution;
  const split = knnSplit(data);
  const isDue = epoch === plan.epochs || (knnEvery > 0 && epoch % knnEvery === 0);
  if (!split || !isDue) return {};
  const found: Found = {};
  if (String(method.classes) === String(classNames(split.reference))) {
    const top1 = yield* watch(classAccuracy(method.student, split, evaluation));
    if (top1 !== undefined) found.top1 = top1;
  }
  const encoders = { Student: method.student.encoder, Teacher: method.teacher?.encoder, Average: averageOf(method) };
  for (const [name, encoder] of Object.entries(encoders)) {
    const shares = encoder && (yield* watch(knnAccuracy(encoder, split, evaluation)));
    if (shares === undefined) continue;
    found[`knn${name}`] = shares.nearest;
    if (shares.weighted !== undefined) found[`knn200${name}`] = shares.weighted;
  }
  return found;
}
