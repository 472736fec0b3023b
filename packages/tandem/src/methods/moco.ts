import type { Tensor } from 'tandem-torch';
import { z } from 'zod';
import { newBranch } from '../networks/index.js';
import type { NewMethod } from './method.js';
import {
  checkQueue,
  checkSplits,
  ema,
  projector,
  queueSize,
  type RunFacts,
  splitBatchNorm,
  temperature,
} from './options/shared.js';
import { momentumContrast } from './parts/momentum-contrast.js';

/** Options of MoCo. */
export const mocoOptions = z.strictObject({
  ...projector(),
  projNorm: z
    .boolean()
    .default(true)
    .describe("batch norm in the projector, as in all methods'; the authors have none"),
  ...temperature(0.1),
  ...queueSize,
  ...ema('constant'),
  symmetric: z.boolean().default(false).describe('both views are queries, and the keys of both go into the queue'),
  ...splitBatchNorm,
});

type MocoOptions = z.infer<typeof mocoOptions>;

/**
 * MoCo v2: a query finds the key of the other view among the keys of past batches; keys come from a
 * teacher that follows as a moving average. Parts of the batch and shuffling keep batch norm from
 * giving the answer away (He et al., 2020; Chen et al., 2020; facebookresearch/moco and its
 * CIFAR-10 demo).
 */
export const moco: NewMethod<MocoOptions> = (newEncoder, views, o) => {
  const student = newBranch(newEncoder({ splits: o.bnSplits }), { ...o, splits: o.bnSplits });
  const contrast = momentumContrast(student, o);
  return {
    ...contrast,
    name: 'moco',
    student,
    result: 'student',
    views,
    loss([a, b], ctx) {
      const way = (x: Tensor, y: Tensor) => ({ queries: () => student.forward(x), images: y });
      return contrast.loss(o.symmetric ? [way(b, a), way(a, b)] : [way(a, b)], ctx);
    },
  };
};

/** @throws UserError when a step's keys do not divide the queue, or the parts not the batch. */
export function checkMoco({ bank, symmetric, bnSplits }: MocoOptions, { batch }: RunFacts): void {
  checkQueue(bank, symmetric ? 2 * batch : batch);
  checkSplits(bnSplits, batch);
}
