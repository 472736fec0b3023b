import { z } from 'zod';
import { barlowTwinsLoss } from '../losses/index.js';
import { newBranch } from '../networks/index.js';
import type { NewMethod } from './method.js';
import { projector } from './options/shared.js';

/** Options of Barlow Twins. */
export const barlowTwinsOptions = z.strictObject({
  ...projector({ layers: 3 }),
  redundancy: z.number().min(0).default(0.0051).describe("weight of the off-diagonal correlations; the authors' .0051"),
});

/**
 * Barlow Twins: the correlations between the dimensions of two views should be the identity; no
 * teacher, gradients through both (Zbontar et al., 2021; facebookresearch/barlowtwins).
 */
export const barlowTwins: NewMethod<z.infer<typeof barlowTwinsOptions>> = (newEncoder, views, o) => {
  const student = newBranch(newEncoder(), o);
  return {
    name: 'barlow-twins',
    student,
    result: 'student',
    views,
    loss: ([a, b], { gather }) => barlowTwinsLoss(gather(student.forward(a)), gather(student.forward(b)), o),
  };
};
