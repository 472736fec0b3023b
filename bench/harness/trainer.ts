import { setImmediate } from 'node:timers/promises';
import type { distributed, optim } from 'tandem-torch';
import {
  type DataSet,
  estimateRun,
  type Method,
  type Plan,
  type RunConfig,
  resolveConfig,
  train,
  UserError,
} from 'tandem-vision';
import { assemble } from 'tandem-vision/internal';
import { type Phases, stopwatch, watch } from './stopwatch.js';
import type { Context } from './suite.js';

/** What one step took. */
export interface Step {
  readonly seconds: number;
  readonly phases: Phases;
  /** Memory pages that the system had to hand out. */
  readonly pageFaults: number;
  readonly loss: number | undefined;
}

/** One step after another of a run as `tandem pretrain` would have it. */
export interface Trainer {
  readonly plan: Plan;
  step(): Promise<Step>;
  end(): Promise<void>;
}

export function configOf(given: Readonly<Record<string, unknown>>): RunConfig {
  return resolveConfig({ images: 'cifar10', ...given });
}

/**
 * The product's own loop over the product's own parts.
 * @param group the processes that share each batch, if there are others
 */
export function openTrainer(
  given: Readonly<Record<string, unknown>>,
  images: DataSet,
  group?: distributed.ProcessGroup,
): Trainer {
  const { method, batches, plan } = assemble(configOf(given), images, group);
  const steps = train(watch(method, plan.optimizer), batches, plan);
  return {
    plan,
    async step() {
      await setImmediate();
      const faults = process.resourceUsage().minorPageFault;
      stopwatch.take();
      stopwatch.switchTo('views');
      const { value } = await steps.next();
      const phases = stopwatch.take();
      const seconds = Object.values(phases).reduce((sum, one) => sum + one, 0);
      const pageFaults = process.resourceUsage().minorPageFault - faults;
      return { seconds, phases, pageFaults, loss: value?.loss };
    },
    async end() {
      await steps.return(undefined);
      dispose(method, plan.optimizer);
    },
  };
}

/** Gives back all that a method holds. */
export function dispose({ student, teacher, state = {} }: Method, optimizer: optim.Optimizer): void {
  optimizer.zeroGrad();
  for (const owner of [student, teacher, optimizer, ...Object.values(state)]) owner?.dispose();
}

/**
 * Null, after saying why, where a method needs what a bare command line does not give, such as a
 * trained teacher.
 */
export function tryTrainer(
  given: Readonly<Record<string, unknown>>,
  images: DataSet,
  say: Context['say'],
  group?: distributed.ProcessGroup,
): Trainer | null {
  try {
    return openTrainer(given, images, group);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    say(`${given.method} is left out: ${error.message}`);
    return null;
  }
}

/**
 * Useful operations of a step: two for each multiply-add, three passes for each image that is
 * learned from, one for a teacher's.
 */
export async function operationsOfStep(given: Readonly<Record<string, unknown>>, dataRoot: string): Promise<number> {
  const { perStep } = await estimateRun(configOf({ ...given, dataRoot }));
  return 2 * perStep.macs;
}
