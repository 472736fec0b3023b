import type { DataSet } from '../../images/index.js';
import type { RunConfig } from '../config/options.js';
import { type AssembledRun, assemble } from '../run.js';
import { networksIn } from './step-load.js';

/**
 * Does something with a copy of a run, whose networks are freed after it. The run itself is built
 * anew, from its seed, and learns nothing of it.
 */
export async function discarding<T>(
  config: RunConfig,
  data: DataSet,
  use: (run: AssembledRun) => T | Promise<T>,
): Promise<T> {
  const run = assemble(config, data);
  try {
    return await use(run);
  } finally {
    discard(run);
  }
}

/** Frees all tensors of a run. */
export function discard(run: AssembledRun): void {
  for (const network of networksIn(run)) network.dispose();
  for (const tensor of Object.values(run.method.state ?? {})) tensor.dispose();
  run.plan.optimizer.dispose();
}
