import { divideBy, type ScalarOrTensor, type Tensor } from 'tandem-torch';
import { atLeastFloat32 } from '../math.js';
import { inFloat32 } from './float32.js';
import type { LossTerms } from './terms.js';

/** What scores are divided by before their softmax; the smaller, the sharper. */
export interface Temperatures {
  /** Of the student's scores, above 0. */
  readonly student: ScalarOrTensor;
  /** Of the teacher's, above 0; usually the smaller one. */
  readonly teacher: ScalarOrTensor;
}

/**
 * The cross-entropy of a student's distribution with a teacher's, p = softmax(teacher / its
 * temperature), in two terms: what the student can learn, KL(p | q), and the entropy of p, which it
 * cannot. Mean over the rows, in float32; no gradient reaches the teacher. With one-hot p this is
 * cross-entropy with labels.
 * @param student scores [n, anchors]
 * @param teacher scores [n, anchors] for the same anchors (Hinton et al., 2015)
 * @returns `divergence`, 0 or more, and `teacherEntropy`, at most ln(anchors); their sum is the
 * cross-entropy
 */
export function distillationLoss(student: Tensor, teacher: Tensor, temperatures: Temperatures) {
  return inFloat32(student, () =>
    compareLog(
      logProbabilities(student, temperatures.student),
      logProbabilities(teacher.detach(), temperatures.teacher),
    ),
  );
}

/** log softmax(scores / temperature) of each row, in float32. */
export function logProbabilities(scores: Tensor, temperature: ScalarOrTensor): Tensor {
  return divideBy(atLeastFloat32(scores), temperature).logSoftmax(1);
}

/**
 * KL(p | q) and the entropy of p, means over rows.
 * @param logQ [n, anchors]
 * @param logP [n, anchors]
 */
export function compareLog(logQ: Tensor, logP: Tensor) {
  const p = logP.exp();
  const mean = (rows: Tensor) => rows.sum([1]).mean();
  return {
    divergence: mean(p.mul(logP.sub(logQ))),
    teacherEntropy: mean(p.mul(logP)).neg(),
  } satisfies LossTerms;
}
