import type { ScalarOrTensor, Tensor } from 'tandem-torch';
import { compareLog, logProbabilities, type Temperatures } from './distillation.js';
import { inFloat32 } from './float32.js';
import type { LossTerms } from './terms.js';

/**
 * DINO's loss: the student's distribution for each crop of an image is to be the teacher's for each
 * large crop, but never for the same crop: the mean of `distillationLoss` over these pairs, in its
 * two terms. A crop's own is left out by place, so the large ones come first.
 * @param student scores of every crop, [n, prototypes] each, two or more
 * @param teacher scores of the first crops, centred, [n, prototypes] each
 * @returns `divergence` and `teacherEntropy` (Caron et al., 2021; facebookresearch/dino)
 */
export function cropDistillationLoss(
  student: readonly Tensor[],
  teacher: readonly Tensor[],
  temperatures: Temperatures,
) {
  return inFloat32(student[0] as Tensor, () => {
    const logP = teacher.map((scores) => logProbabilities(scores.detach(), temperatures.teacher));
    return compareCrops(student, logP, temperatures.student);
  });
}

/**
 * The same with targets that are distributions already.
 * @param logP their logarithms, of the first crops, [n, prototypes] each
 */
export function compareCrops(student: readonly Tensor[], logP: readonly Tensor[], temperature: ScalarOrTensor) {
  return inFloat32(student[0] as Tensor, () => {
    const logQ = student.map((scores) => logProbabilities(scores, temperature));
    // Cross-entropy is linear in log q, so the mean over crops may be taken before it.
    const all = logP.map((targets, j) => compareLog(mean(logQ.filter((_, i) => i !== j)), targets));
    return {
      divergence: mean(all.map(({ divergence }) => divergence)),
      teacherEntropy: mean(all.map(({ teacherEntropy }) => teacherEntropy)),
    } satisfies LossTerms;
  });
}

function mean(some: readonly Tensor[]): Tensor {
  return some.reduce((sum, x) => sum.add(x)).div(some.length);
}
