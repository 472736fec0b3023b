import type { ScalarOrTensor, Tensor } from 'tandem-torch';
import { logProbabilities } from './distillation.js';
import { inFloat32 } from './float32.js';

/**
 * iBOT's loss of masked patches: the student's distribution for each, which it had to find from the
 * others, is to be the teacher's, who saw it. The cross-entropies are averaged over the masked
 * patches of each image, and then over all images, those without masked patches too (Zhou et al.,
 * 2022; facebookresearch/dinov2), in float32.
 * @param student scores of masked patches [m, prototypes]
 * @param logP the teacher's distributions for them, as logarithms [m, prototypes]
 * @param weights 1 / (masked patches of the patch's image) [m]
 * @param images how many there are, masked or not
 * @returns one number
 */
export function maskedPatchLoss(
  student: Tensor,
  logP: Tensor,
  { temperature, weights, images }: { temperature: ScalarOrTensor; weights: Tensor; images: number },
): Tensor {
  return inFloat32(student, () => {
    const p = logP.detach().exp();
    const each = p.mul(logProbabilities(student, temperature)).sum([1]);
    return each.mul(weights).sum().div(-images);
  });
}
