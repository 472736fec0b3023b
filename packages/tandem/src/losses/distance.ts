import type { Tensor } from 'tandem-torch';
import { l2Normalize } from '../math.js';

/**
 * |n(a) - n(b)|^2 = 2 - 2 cos(a, b), mean over the rows of [n, d]; 0 to 4. BYOL's loss in one
 * direction, and its loss is the sum of both (Grill et al., 2020; deepmind-research/byol).
 * Gradients reach both sides: detach the one that is the target.
 */
export function cosineDistance(a: Tensor, b: Tensor): Tensor {
  return cosines(a, b).mul(-2).add(2).mean();
}

/**
 * -cos(p, z), mean over the rows of [n, d]; -1 to 1. SimSiam's loss in one direction, and its loss
 * is the mean of both (Chen and He, 2021; facebookresearch/simsiam). Gradients reach both sides:
 * detach the one that is the target.
 */
export function negativeCosine(p: Tensor, z: Tensor): Tensor {
  return cosines(p, z).mean().neg();
}

function cosines(a: Tensor, b: Tensor): Tensor {
  return l2Normalize(a).mul(l2Normalize(b)).sum(1);
}
