import { divideBy, type ScalarOrTensor, type Tensor } from 'tandem-torch';
import { atLeastFloat32 } from '../math.js';
import { inFloat32 } from './float32.js';

/** As often as SwAV and DINOv2 repeat it. */
const iterations = 3;

/**
 * Targets from a teacher's scores that use every prototype alike: the logarithms of exp(scores /
 * temperature), scaled in turn so that each prototype has the same share of the rows and each row
 * sums to 1 (Cuturi, 2013; Caron et al., 2020, SwAV; facebookresearch/dinov2), in float32.
 * @param scores [n, prototypes]
 * @returns log probabilities [n, prototypes], without gradient
 */
export function sinkhornKnopp(scores: Tensor, temperature: ScalarOrTensor): Tensor {
  return inFloat32(scores, () => {
    let logP = divideBy(atLeastFloat32(scores.detach()), temperature);
    for (let i = 0; i < iterations; i++) {
      logP = logP.sub(logP.logsumexp([0], { keepdim: true }));
      logP = logP.sub(logP.logsumexp([1], { keepdim: true }));
    }
    return logP;
  });
}
