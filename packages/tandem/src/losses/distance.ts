import type { Tensor } from '@tandem/torch';
import { unit } from './float32.js';

/**
 * |n(a) - n(b)|^2 = 2 - 2 cos(a, b), mean over the rows of [n, d]; 0 to 4 (BYOL's loss in one direction).
 */
export function cosineDistance(a: Tensor, b: Tensor): Tensor {
  return unit(a).mul(unit(b)).sum(1).mul(-2).add(2).mean();
}
