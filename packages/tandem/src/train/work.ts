import type { Tensor } from 'tandem-torch';
import type { Method } from '../methods/method.js';
import { eagerContext, type StepData } from '../step/index.js';
import { type BatchLoss, gradientsOf } from './gradients.js';
import type { Plan } from './plan.js';
import { updateOf } from './update.js';

/** The device's work in a step: between its halves the loss may be read, and the step be left. */
export interface Work {
  gradients(views: readonly Tensor[], step: StepData): BatchLoss;
  update(step: StepData): void;
  dispose(): void;
}

/** Operator by operator, as it comes. */
export function eagerWork(method: Method, plan: Plan): Work {
  const [gradients, update] = [gradientsOf(method, plan), updateOf(method, plan)];
  return {
    gradients: (views, step) => gradients(views, eagerContext(step)),
    update: (step) => update(eagerContext(step)),
    dispose() {},
  };
}
