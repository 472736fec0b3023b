import { setImmediate } from 'node:timers/promises';
import { autocast, type Device, noGrad, type optim, scope, type Tensor } from '@tandem/torch';
import type { Batches } from '../images/index.js';
import type { Method } from '../methods/method.js';
import { makeViews } from '../views/index.js';
import type { Schedule } from './schedule.js';

/** How long, how fast and where. */
export interface Plan {
  readonly epochs: number;
  readonly lr: Schedule;
  readonly optimizer: optim.SGD;
  readonly seed: number;
  readonly device: Device;
  /** Of matrix products and convolutions; parameters are float32 always. */
  readonly precision: 'float32' | 'bfloat16';
  readonly memoryFormat: 'contiguous' | 'channelsLast';
  /** The loss is read, which waits for a GPU, every so many steps. */
  readonly readLossEvery: number;
  /** Steps already taken, to go on from. */
  readonly startStep?: number;
}

/** What the loop tells after each step. */
export interface StepReport {
  /** Steps taken, this one included. */
  readonly step: number;
  /** The epoch it belongs to, from 1. */
  readonly epoch: number;
  readonly endsEpoch: boolean;
  readonly lr: number;
  /** The loss, where it was read. */
  readonly loss?: number;
}

/** The loss became infinite or not a number. The step at hand was not taken; those since the loss was last read were. */
export class DivergedError extends Error {
  constructor(
    readonly step: number,
    readonly loss: number,
  ) {
    super(`the loss became ${loss} at step ${step}`);
  }
}

/** Steps in an epoch: every pass over the data, every repeat of a batch. */
export function stepsPerEpoch({ rounds }: Method, batches: Batches): number {
  return batches.perEpoch * rounds.passes * rounds.repeats;
}

/**
 * Trains, and tells after each step what happened: logging, evaluation, checkpoints and stopping are the consumer's. Everything random
 * is a function of the seed and the position, so a run that starts at step s goes on exactly as one that came there.
 */
export async function* train(method: Method, batches: Batches, plan: Plan): AsyncGenerator<StepReport> {
  const perEpoch = stepsPerEpoch(method, batches);
  const { passes, repeats } = method.rounds;
  for (let step = plan.startStep ?? 0; step < plan.epochs * perEpoch; ) {
    const pass = Math.floor(step / (batches.perEpoch * repeats));
    const inPass = step - pass * batches.perEpoch * repeats;
    for (const batch of batches.epoch(pass, Math.floor(inPass / repeats))) {
      for (let repeat = step % repeats; repeat < repeats; repeat++) {
        yield scope(() => {
          const key = { seed: plan.seed, draw: pass * repeats + repeat };
          const views = noGrad(() => makeViews(batch, batches.set, method.views, key, plan.device));
          return takeStep(method, views, plan, step, Math.floor(pass / passes) + 1, (step + 1) % perEpoch === 0);
        });
        step += 1;
        await setImmediate(); // signals and timers get their turn
      }
    }
  }
}

/** One step, in the order every method has: loss, backward, gradients changed, update, state moved. */
function takeStep(
  method: Method,
  views: readonly Tensor[],
  plan: Plan,
  step: number,
  epoch: number,
  endsEpoch: boolean,
): StepReport {
  const { optimizer, epochs } = plan;
  const lr = plan.lr(step);
  const x =
    plan.memoryFormat === 'channelsLast' ? views.map((view) => view.to({ memoryFormat: 'channelsLast' })) : views;
  const moment = { step, epoch, epochs, lr, resetMomentum: () => optimizer.reset() };
  const loss = inPrecision(plan, () => method.loss(x));
  const value = endsEpoch || step % plan.readLossEvery === 0 ? loss.item() : undefined;
  if (value !== undefined && !Number.isFinite(value)) throw new DivergedError(step + 1, value);
  optimizer.zeroGrad();
  loss.backward();
  method.beforeStep?.(moment);
  optimizer.step({ lr });
  method.afterStep?.(moment);
  return { step: step + 1, epoch, endsEpoch, lr, ...(value === undefined ? {} : { loss: value }) };
}

/** Runs `fn` in the plan's precision. */
export function inPrecision<T>({ precision, device }: Pick<Plan, 'precision' | 'device'>, fn: () => T): T {
  if (precision === 'float32') return fn();
  return autocast({ device: device.replace(/:.*/, ''), dtype: precision }, fn);
}
