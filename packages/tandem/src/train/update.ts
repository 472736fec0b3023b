import { learnersOf, type Method } from '../methods/method.js';
import type { StepContext } from '../step/index.js';
import { clipGradients } from './clip.js';
import type { Plan } from './plan.js';

/** All that follows the gradients, once the optimizer is set for the step. */
export type Update = (ctx: StepContext) => void;

/** In the order every method has: gradients changed and clipped, optimizer, state moved. */
export function updateOf(method: Method, { optimizer, clip }: Plan): Update {
  return (ctx) => {
    method.beforeStep?.(ctx);
    if (clip) for (const network of learnersOf(method)) clipGradients(network.parameters(), clip);
    optimizer.step({}, ctx);
    method.afterStep?.(ctx);
  };
}
