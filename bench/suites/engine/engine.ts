import { measureLimits } from '../../harness/limits.js';
import type { Suite } from '../../harness/suite.js';
import { measureOverhead } from './overhead.js';
import { measureTraining } from './training.js';

/** The engine against PyTorch on the same libtorch. */
export const engine: Suite = {
  what: 'training steps, cost of an operator call, and the limits of the machine',
  async run(context) {
    const peer = await context.startPeer('engine');
    const overhead = await measureOverhead(context, peer);
    const limits = measureLimits(context, context.short ? { width: 8, batch: 8 } : { width: 64, batch: 64 });
    const training = await measureTraining(context, peer);
    return {
      tables: [...training.tables, ...overhead.tables, ...limits.tables],
      goals: [...training.goals, ...overhead.goals],
      results: { ...training.results, ...overhead.results, ...limits.results },
    };
  },
};
