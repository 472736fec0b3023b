import { z } from 'zod';
import { vicRegLoss } from '../losses/index.js';
import { newBranch } from '../networks/index.js';
import type { NewMethod } from './method.js';
import { projector } from './options/shared.js';
import { vicRegOptions } from './options/vicreg.js';

/** Options of VICReg. */
export const vicregOptions = z.strictObject({
  ...projector({ layers: 3 }),
  ...vicRegOptions,
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
    loss: ([a, b], { gather }) => vicRegLoss(gather(student.forward(a)), gather(student.forward(b)), o),
  };
};
