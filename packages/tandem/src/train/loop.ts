import { setImmediate } from 'node:timers/promises';
import { _foreachNorm, type Device, manualSeed, noGrad, scope, stack, type Tensor, upload } from 'tandem-torch';
import type { BatchSource, ImageSet } from '../images/index.js';
import type { LossTerms } from '../losses/index.js';
import { learnersOf, type Method, networksOf, type Rounds } from '../methods/method.js';
import { stream } from '../random.js';
import { allRows, Stash, type StepData } from '../step/index.js';
import { makeViews, residentImages } from '../views/index.js';
import { loadBatches } from './batch-loader.js';
import type { Plan } from './plan.js';
import { replayedWork } from './replay/work.js';
import { eagerWork, type Work } from './work.js';

/** What the loop tells after each step. */
export interface StepReport {
  /** Steps taken, this one included. */
  readonly step: number;
  /** The epoch it belongs to, from 1. */
  readonly epoch: number;
  /** Whether it is the last of its epoch. */
  readonly endsEpoch: boolean;
  /** The learning rate that it was taken with. */
  readonly lr: number;
  /** The loss, where it was read, as it is minimised. */
  readonly loss?: number;
  /** Its terms, where the method names them. */
  readonly terms?: Readonly<Record<string, number>>;
  /** Why the step changed nothing. */
  readonly skipped?: string;
  /** Steps skipped one after another, up to this one. */
  readonly skippedInARow: number;
  /** Steps that changed the networks, up to this one. */
  readonly taken: number;
}

/**
 * The loss or a gradient became infinite or not a number. The step at hand was not taken; those
 * since the loss was last read were.
 */
export class DivergedError extends Error {
  constructor(
    /** The step at hand, from 1. */
    readonly step: number,
    what: string,
    /** Whether no step has changed the networks before, so that no update can be to blame. */
    readonly isAtStart: boolean,
  ) {
    super(`${what} at step ${step}`);
  }
}

/** Steps skipped in a row after which the network itself must be what is broken. */
const mostSkippedInARow = 20;

const onePass: Rounds = { passes: 1, repeats: 1 };

/** Steps in an epoch: every pass over the data, every repeat of a batch. */
export function stepsPerEpoch({ rounds = onePass }: Pick<Method, 'rounds'>, batches: BatchSource): number {
  return batches.perEpoch * rounds.passes * rounds.repeats;
}

/**
 * Trains, and tells after each step what happened: logging, evaluation, checkpoints and stopping
 * are the consumer's. Everything random is a function of the seed and the position, so a run that
 * starts at step s continues exactly as one that came there.
 */
export async function* train(method: Method, batches: BatchSource, plan: Plan): AsyncGenerator<StepReport> {
  const resident = batches.order ? residentImages(batches.set, plan.device) : undefined;
  const isReplayed = plan.capture !== undefined || plan.numbersIn === 'device';
  const work = isReplayed ? replayedWork(method, plan) : eagerWork(method, plan);
  try {
    yield* takeSteps(method, batches, plan, resident, work);
  } finally {
    resident?.dispose();
    work.dispose();
    plan.shared?.release();
    batches.close?.();
  }
}

async function* takeSteps(
  method: Method,
  batches: BatchSource,
  plan: Plan,
  resident: Tensor | undefined,
  work: Work,
): AsyncGenerator<StepReport> {
  const perEpoch = stepsPerEpoch(method, batches);
  const { passes, repeats } = method.rounds ?? onePass;
  const { epochs, seed, optimizer, startStep = 0 } = plan;
  const steps = epochs * perEpoch;
  const resetMomentum: StepData['resetMomentum'] = (inputs) => optimizer.reset(inputs);
  const stash = new Stash();
  const rows = plan.shared?.rows ?? allRows;
  let skippedInARow = plan.startSkipped ?? 0;
  let taken = plan.startTaken ?? startStep;
  const rounds = { passes: epochs * passes, repeats };
  let step = startStep;
  for await (const batch of loadBatches(batches, rounds, startStep, plan.device, resident)) {
    const { pass, indices } = batch;
    const epoch = Math.floor(pass / passes) + 1;
    for (let repeat = step % repeats; repeat < repeats; repeat++) {
      const report = scope(() => {
        manualSeed(stream(seed, step).word()); // for layers that draw
        const key = { seed, draw: pass * repeats + repeat };
        const views = noGrad(() => makeViews(batch, batches.set, method.views, key, plan.device));
        const labels = labelsOf(indices, batches.set, plan.device);
        const info = { step, taken, steps, epoch, epochs, lr: plan.lr(step), seed };
        const endsEpoch = (step + 1) % perEpoch === 0;
        const taking = takeStep(method, views, work, plan, { info, labels, stash, rows, resetMomentum }, endsEpoch);
        if (taking.skipped === undefined) plan.watch?.(views, indices, rows);
        return taking;
      });
      skippedInARow = report.skipped === undefined ? 0 : skippedInARow + 1;
      if (skippedInARow > mostSkippedInARow)
        throw new DivergedError(
          report.step,
          `${report.skipped}, ${skippedInARow} times in a row,`,
          report.step === skippedInARow,
        );
      if (report.skipped === undefined) taken += 1;
      yield { ...report, skippedInARow, taken };
      step += 1;
      await setImmediate(); // signals and timers get their turn
    }
  }
}

/** Of a set that has any: one that is learned from without labels has none. */
function labelsOf(indices: Uint32Array, { labels }: ImageSet, device: Device): Tensor | undefined {
  if (!labels) return undefined;
  const classes = BigInt64Array.from(indices, (i) => BigInt(labels[i] as number));
  return upload(classes, [classes.length], device);
}

/**
 * One step, in the order every method has: loss, backward, gradients changed and clipped, update,
 * state moved.
 */
function takeStep(
  method: Method,
  views: readonly Tensor[],
  work: Work,
  plan: Plan,
  data: StepData,
  endsEpoch: boolean,
): Omit<StepReport, 'skippedInARow' | 'taken'> {
  const { optimizer, weightDecay, memoryFormat, scaleLoss, nonFinite = 'stop' } = plan;
  const { step, epoch, lr } = data.info;
  const x = views.map((view) => view.to({ memoryFormat }));
  const statistics = nonFinite === 'skip' ? buffersOf(method) : [];
  const before = statistics.map((buffer) => buffer.clone());
  const { loss, terms } = work.gradients(x, data);
  const read = endsEpoch || step % plan.readLossEvery === 0;
  const value = read ? loss.item() : undefined;
  const fault = value === undefined ? undefined : faultOf(value, method);
  if (fault !== undefined && nonFinite === 'stop') throw new DivergedError(step + 1, fault, step === 0);
  if (fault !== undefined) {
    noGrad(() => statistics.forEach((buffer, i) => void buffer.copy_(before[i] as Tensor)));
    return { step: step + 1, epoch, endsEpoch, lr, skipped: fault };
  }
  optimizer.set({ lr, ...(weightDecay && { weightDecay: weightDecay(step) }) });
  work.update(data);
  return {
    step: step + 1,
    epoch,
    endsEpoch,
    lr,
    ...(value !== undefined && { loss: value }),
    ...(read && terms && { terms: termsOf(terms, scaleLoss) }),
  };
}

/** What is not finite, in words. */
function faultOf(loss: number, method: Method): string | undefined {
  if (!Number.isFinite(loss)) return `the loss became ${loss}`;
  const gradients = learnersOf(method).flatMap((network) => network.parameters().flatMap(({ grad }) => grad ?? []));
  if (gradients.length === 0) return undefined;
  const norms = stack(_foreachNorm(gradients));
  return norms.isfinite().all().item() ? undefined : 'a gradient is not finite';
}

/** Running statistics, which a forward pass moves before anyone knows what comes out. */
function buffersOf(method: Method): Tensor[] {
  return networksOf(method).flatMap((network) => network.namedBuffers().map(([, buffer]) => buffer));
}

function termsOf(terms: LossTerms, scale = 1): Record<string, number> {
  return Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, term.item() * scale]));
}
