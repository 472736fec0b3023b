import { z } from 'zod';
import { vicRegWeights } from '../../losses/index.js';

/** Weights of VICReg's terms. */
export const vicRegOptions = {
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
};
