import { z } from 'zod';
import { vicRegLoss, vicRegWeights } from '../losses/index.js';
import { newBranch } from '../networks/index.js';
import type { NewMethod } from './method.js';
import { projector } from './options/shared.js';

/** Options of VICReg. */
export const vicregOptions = z.strictObject({
  ...projector({ layers: 3 }),
  invarianceWeight: z
    .number()
    .min(0)
    .default(vicRegWeights.invarianceWeight)
    .describe('of the squared difference of the views'),
  varianceWeight: z
    .number()
    .min(0)
    .default(vicRegWeights.varianceWeight)
    .describe('of the mean hinge of both views; 50 is the sum that some libraries take'),
  covarianceWeight: z
    .number()
    .min(0)
    .default(vicRegWeights.covarianceWeight)
    .describe('of the squared covariances between dimensions'),
});

/**
 * VICReg: the views agree, every dimension varies, no two dimensions covary; no teacher, gradients
 * through both (Bardes et al., 2022; facebookresearch/vicreg).
 */
export const vicreg: NewMethod<z.infer<typeof vicregOptions>> = (newEncoder, views, o) => {
  const student = newBranch(newEncoder(), o);
  return {
    name: 'vicreg',
    student,
    result: 'student',
    views,
    loss: ([a, b]) => vicRegLoss(student.forward(a), student.forward(b), o),
  };
};
