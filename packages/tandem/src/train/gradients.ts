import { autocast, Tensor } from 'tandem-torch';
import { type LossTerms, sumOfTerms } from '../losses/index.js';
import { learnersOf, type Method, type Views } from '../methods/method.js';
import type { StepContext } from '../step/index.js';
import type { Plan } from './plan.js';

/**
 * The loss of a batch as it is minimised, and its terms, not scaled, where the method names them.
 */
export interface BatchLoss {
  /** A single number. */
  readonly loss: Tensor;
  /** Its terms, where the method names them. */
  readonly terms?: LossTerms;
}

/**
 * The loss of these views. Afterwards parameters have the gradients of this loss, and none of an
 * earlier one.
 */
export type Gradients = (views: readonly Tensor[], ctx: StepContext) => BatchLoss;

/** Forward and backward pass of a method, operator by operator. */
export function gradientsOf(method: Method, plan: Plan): Gradients {
  const { optimizer, scaleLoss = 1, shared, accumulation } = plan;
  const parameters = learnersOf(method).flatMap((network) => network.parameters());
  return (views, ctx) => {
    accumulation?.begin(views[0]?.shape[0] as number);
    const result = inPrecision(plan, () => method.loss(views as Views, ctx));
    const terms = result instanceof Tensor ? undefined : result;
    const loss = (result instanceof Tensor ? result : sumOfTerms(result)).mul(scaleLoss);
    optimizer.zeroGrad();
    if (shared) return shared.backward({ loss, ...(terms && { terms }) }, parameters);
    loss.backward();
    accumulation?.finish((work) => inPrecision(plan, work));
    return { loss, ...(terms && { terms }) };
  };
}

/** Runs `fn` in the plan's precision. */
export function inPrecision<T>({ precision, device }: Pick<Plan, 'precision' | 'device'>, fn: () => T): T {
  if (precision === 'float32') return fn();
  return autocast({ device: device.replace(/:.*/, ''), dtype: precision }, fn);
}
