import { canCapture } from 'tandem-torch';
import { chooseDevice, choosePrecision } from '../device.js';
import type { BatchSource } from '../images/index.js';
import type { Method } from '../methods/index.js';
import { Accumulation } from '../train/accumulation.js';
import { stepsPerEpoch } from '../train/loop.js';
import type { Plan } from '../train/plan.js';
import { cudaGraphs } from '../train/replay/capture.js';
import type { ExecutionSettings } from './config/execution.js';
import type { RunConfig } from './config/options.js';
import { newOptimizer, pace } from './optimizer.js';

/** Where a run computes, and how. */
export type Compute = Pick<Plan, 'device' | 'precision' | 'memoryFormat'>;

/** @throws UsageError for a device that is not there */
export function chooseCompute(
  { device: asked, precision, memoryFormat }: ExecutionSettings,
  localRank?: number,
): Compute {
  const chosen = chooseDevice(asked);
  // The processes of a host take a GPU each.
  const device = localRank !== undefined && chosen === 'cuda' ? chooseDevice(`cuda:${localRank}`) : chosen;
  return { device, precision: choosePrecision(precision, device), memoryFormat };
}

/** The plan of a whole run, with an optimizer for what its method trains. */
export function newPlan(
  { training, execution: { seed, nonFinite, graph, accumulate } }: RunConfig,
  compute: Compute,
  method: Method,
  batches: BatchSource,
): Plan {
  const { device } = compute;
  const accumulation = accumulate > 1 ? new Accumulation(method, accumulate, device) : undefined;
  return {
    epochs: training.epochs,
    ...pace(training, stepsPerEpoch(method, batches)),
    optimizer: newOptimizer(training, method),
    scaleLoss: training.scaleLoss,
    seed,
    ...compute,
    readLossEvery: device === 'cpu' || nonFinite === 'skip' ? 1 : 20,
    nonFinite,
    accumulation,
    capture: graph === 'auto' && !accumulation ? cudaGraphs(device) : undefined,
    numbersIn: canCapture(device) ? 'device' : 'host', // so that graph=off gives the same bits
  };
}
