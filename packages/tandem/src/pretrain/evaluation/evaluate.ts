import { setImmediate } from 'node:timers/promises';
import { classNames, collapseWarning, knnSplit } from '../../evaluate/index.js';
import type { Batches } from '../../images/index.js';
import type { Method } from '../../methods/index.js';
import { type StepReport, stepsPerEpoch } from '../../train/loop.js';
import type { Plan } from '../../train/plan.js';
import { makeViews } from '../../views/index.js';
import type { EpochMetrics, PretrainEvent } from '../events.js';
import type { Run } from '../run.js';
import { classAccuracy, diagnoseStudent, knnAccuracy, type LongLook } from './monitor.js';

/**
 * The method's numbers, the student's diagnostics or its classifier's accuracy, and the k-NN
 * accuracies at the end of an epoch. What the signal cuts short is missing in the result.
 */
export async function* evaluate(
  { config, data, method, plan, batches, look }: Run,
  { step, epoch }: Pick<StepReport, 'step' | 'epoch'>,
  signal: AbortSignal | undefined,
): AsyncGenerator<PretrainEvent, Pick<EpochMetrics, string>> {
  const { epochs, seed } = plan;
  const { knnEvery } = config.execution;
  method.beforeEvaluation?.(trainingViews(method, batches, plan, epoch));
  const numbers: Record<string, number | string> = {
    ...method.metrics?.({ step, steps: epochs * stepsPerEpoch(method, batches), epoch, epochs }),
  };
  const watch = <T>(long: LongLook<T>) => watched(long, step, signal);
  if (!method.classes) {
    const diagnostics = yield* watch(diagnoseStudent(method, data.train, seed, look));
    const warning = diagnostics && collapseWarning(diagnostics, method.student.head.embeddingWidth);
    Object.assign(numbers, diagnostics, warning && { warning });
  }
  const asked = knnSplit(data);
  const due = epoch === epochs || (knnEvery > 0 && epoch % knnEvery === 0);
  if (!asked || !due) return numbers;
  if (String(method.classes) === String(classNames(asked.reference))) {
    const top1 = yield* watch(classAccuracy(method.student, asked, look));
    if (top1 !== undefined) numbers.top1 = top1;
  }
  const encoders = { Student: method.student.encoder, Teacher: method.teacher?.encoder };
  for (const [name, encoder] of Object.entries(encoders)) {
    const shares = encoder && (yield* watch(knnAccuracy(encoder, asked, look)));
    if (shares === undefined) continue;
    numbers[`knn${name}`] = shares.nearest;
    if (shares.weighted !== undefined) numbers[`knn200${name}`] = shares.weighted;
  }
  return numbers;
}

/** Goes through a long look, telling how far it is; undefined where the signal ended it. */
async function* watched<T>(
  long: LongLook<T>,
  step: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<PretrainEvent, T | undefined> {
  try {
    while (!signal?.aborted) {
      const { done, value } = long.next();
      if (done) return value;
      yield { kind: 'evaluation', step, ...value };
      await setImmediate();
    }
    return undefined;
  } finally {
    long.return(undefined as T); // frees what it holds
  }
}

function* trainingViews(method: Method, batches: Batches, { seed, device }: Plan, epoch: number) {
  for (const batch of batches.epoch(epoch)) {
    for (const view of makeViews(batch, batches.set, method.views.slice(0, 1), { seed, draw: epoch }, device))
      yield view;
  }
}
