import type { Method } from '../../methods/method.js';
import { gradientsOf } from '../gradients.js';
import type { Plan } from '../plan.js';
import { updateOf } from '../update.js';
import type { Work } from '../work.js';
import { ReplayedGradients } from './gradients.js';
import { ReplayedUpdate } from './update.js';

/**
 * Both halves of a step as graphs that are captured once and replayed, where the plan says how to
 * capture and the method allows it; else as they come, with their numbers in the device's memory.
 */
export function replayedWork(method: Method, plan: Plan): Work {
  const { device, capture, optimizer } = plan;
  const parameters = optimizer.groups.flatMap((group) => group.parameters);
  const gradients = new ReplayedGradients(gradientsOf(method, plan), parameters, device, capture);
  const update = new ReplayedUpdate(updateOf(method, plan), device, capture);
  return {
    gradients: (views, step) => gradients.of(views, step),
    update: (step) => update.of(step, gradients.graph),
    dispose() {
      update.dispose();
      gradients.dispose();
    },
  };
}
