import type { Tensor } from '@tandem/torch';
import { inFloat32, wide } from './float32.js';
import type { Terms } from './terms.js';

/** What scores are divided by before their softmax; the smaller, the sharper. */
export interface Temperatures {
  readonly student: number;
  readonly teacher: number;
}

/**
 * The cross-entropy of a student's distribution with a teacher's, p = softmax(teacher / its temperature), in two terms: what the student
 * can learn, KL(p | q), and the entropy of p, which it cannot. Mean over the rows, in float32; no gradient reaches the teacher.
 * With one-hot p this is cross-entropy with labels.
 * @param student scores [n, anchors] @param teacher scores [n, anchors] for the same anchors (Hinton et al., 2015)
 * @returns `divergence`, 0 or more, and `teacherEntropy`, at most ln(anchors); their sum is the cross-entropy
 */
export function distillation(student: Tensor, teacher: Tensor, temperatures: Temperatures) {
  return inFloat32(student, () => {
    const logQ = wide(student).div(temperatures.student).logSoftmax(1);
    const logP = wide(teacher.detach()).div(temperatures.teacher).logSoftmax(1);
    const p = logP.exp();
    const mean = (rows: Tensor) => rows.sum([1]).mean();
    return {
      divergence: mean(p.mul(logP.sub(logQ))),
      teacherEntropy: mean(p.mul(logP)).neg(),
    } satisfies Terms;
  });
}
