import type { DataSet } from '../../images/index.js';
import type { RunConfig } from '../config/options.js';
import { type AssembledRun, assemble } from '../run.js';
import { discard } from './discarding.js';
import type { Forecast } from './facts.js';
import { memoryAdvice, shorterWays } from './shorter.js';
import { loadOfStep } from './step-load.js';
import { timeOf } from './time-of.js';

/**
 * Times a few real steps of a copy of a run, and frees it.
 * @throws UserError for what would stop the run itself; the signal's reason
 */
export async function* forecasting(
  config: RunConfig,
  data: DataSet,
  signal?: AbortSignal,
): AsyncGenerator<{ readonly kind: 'timing' }, Forecast | undefined> {
  const run = assemble(config, data);
  try {
    yield { kind: 'timing' };
    return await forecastOf(run, signal);
  } finally {
    discard(run);
  }
}

/**
 * @param run its networks change
 * @returns undefined where timing fails: the run itself will fail alike, and says what helps
 */
export async function forecastOf(run: AssembledRun, signal?: AbortSignal): Promise<Forecast | undefined> {
  try {
    const load = run.plan.device === 'cpu' ? loadOfStep(run) : undefined;
    const time = await timeOf(run, signal);
    const advice = load && memoryAdvice(load.memory, run.batches.size);
    return {
      time,
      ...(load && { load }),
      shorter: shorterWays(run, time),
      ...(advice !== undefined && { memoryAdvice: advice }),
    };
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}
