import { setImmediate } from 'node:timers/promises';
import { autocast, type Device, noGrad, type optim, scope, Tensor } from '@tandem/torch';
import type { Batches } from '../images/index.js';
import { type Terms, total } from '../losses/index.js';
import type { Method, Rounds, Views } from '../methods/method.js';
import type { Moment } from '../teachers/index.js';
import { makeViews } from '../views/index.js';
import type { Schedule } from './schedule.js';

/** How long, how fast and where. */
export interface Plan {
  readonly epochs: number;
  readonly lr: Schedule;
  readonly optimizer: optim.Optimizer;
  /** The loss is minimised times this; 1 unless given. */
  readonly scaleLoss?: number;
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
  /** The loss, where it was read, as it is minimised. */
  readonly loss?: number;
  /** Its terms, where the method names them. */
  readonly terms?: Readonly<Record<string, number>>;
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

const onePass: Rounds = { passes: 1, repeats: 1 };

/** Steps in an epoch: every pass over the data, every repeat of a batch. */
export function stepsPerEpoch({ rounds = onePass }: Pick<Method, 'rounds'>, batches: Batches): number {
  return batches.perEpoch * rounds.passes * rounds.repeats;
}

/**
 * Trains, and tells after each step what happened: logging, evaluation, checkpoints and stopping are the consumer's. Everything random
 * is a function of the seed and the position, so a run that starts at step s goes on exactly as one that came there.
 */
export async function* train(method: Method, batches: Batches, plan: Plan): AsyncGenerator<StepReport> {
  const perEpoch = stepsPerEpoch(method, batches);
  const { passes, repeats } = method.rounds ?? onePass;
  const { epochs, seed, optimizer } = plan;
  const steps = epochs * perEpoch;
  const resetMomentum = () => optimizer.reset();
  for (let step = plan.startStep ?? 0; step < steps; ) {
    const pass = Math.floor(step / (batches.perEpoch * repeats));
    const inPass = step - pass * batches.perEpoch * repeats;
    const epoch = Math.floor(pass / passes) + 1;
    for (const batch of batches.epoch(pass, Math.floor(inPass / repeats))) {
      for (let repeat = step % repeats; repeat < repeats; repeat++) {
        yield scope(() => {
          const key = { seed, draw: pass * repeats + repeat };
          const views = noGrad(() => makeViews(batch, batches.set, method.views, key, plan.device));
          const moment = { step, steps, epoch, epochs, lr: plan.lr(step), seed, resetMomentum };
          return takeStep(method, views, plan, moment, (step + 1) % perEpoch === 0);
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
  moment: Moment,
  endsEpoch: boolean,
): StepReport {
  const { optimizer, memoryFormat, scaleLoss = 1 } = plan;
  const { step, epoch, lr } = moment;
  const x = memoryFormat === 'channelsLast' ? views.map((view) => view.to({ memoryFormat })) : views;
  const result = inPrecision(plan, () => method.loss(x as readonly Tensor[] as Views, moment));
  const loss = (result instanceof Tensor ? result : total(result)).mul(scaleLoss);
  const read = endsEpoch || step % plan.readLossEvery === 0;
  const value = read ? loss.item() : undefined;
  if (value !== undefined && !Number.isFinite(value)) throw new DivergedError(step + 1, value);
  optimizer.zeroGrad();
  loss.backward();
  method.beforeStep?.(moment);
  optimizer.step({ lr });
  method.afterStep?.(moment);
  return {
    step: step + 1,
    epoch,
    endsEpoch,
    lr,
    ...(value !== undefined && { loss: value }),
    ...(read && !(result instanceof Tensor) && { terms: termsOf(result, scaleLoss) }),
  };
}

function termsOf(terms: Terms, scale: number): Record<string, number> {
  return Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, term.item() * scale]));
}

/** Runs `fn` in the plan's precision. */
export function inPrecision<T>({ precision, device }: Pick<Plan, 'precision' | 'device'>, fn: () => T): T {
  if (precision === 'float32') return fn();
  return autocast({ device: device.replace(/:.*/, ''), dtype: precision }, fn);
}
