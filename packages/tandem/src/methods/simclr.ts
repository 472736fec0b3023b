import { z } from 'zod';
import { ntXent } from '../losses/index.js';
import { newBranch } from '../networks/index.js';
import type { NewMethod } from './method.js';
import { projector, temperature } from './options/shared.js';

/** Options of SimCLR. */
export const simclrOptions = z.strictObject({
  ...projector(),
  projHidden: z
    .int()
    .min(0)
    .default(512)
    .describe("hidden width of the projector; 0 is the features', as SimCLR v2 has it"),
  lastNorm: z
    .enum(['none', 'scale', 'affine'])
    .default('none')
    .describe("batch norm after the projector: none, with scale alone as in the authors' code, or with shift too"),
  ...temperature(0.5),
});

/**
 * SimCLR: both views of an image find each other among all views of the batch; no teacher,
 * gradients through both (Chen et al., 2020; google-research/simclr). With three layers of the
 * features' width and `lastNorm=scale` it is SimCLR v2's pretraining.
 */
export const simclr: NewMethod<z.infer<typeof simclrOptions>> = (newEncoder, views, o) => {
  const encoder = newEncoder();
  const student = newBranch(encoder, {
    ...o,
    projHidden: o.projHidden || encoder.featureWidth,
    lastNorm: o.lastNorm === 'none' ? undefined : o.lastNorm,
  });
  return {
    name: 'simclr',
    student,
    result: 'student',
    views,
    loss: ([a, b], { gather }) => ntXent([gather(student.forward(a)), gather(student.forward(b))], o),
  };
};
