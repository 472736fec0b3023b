import { eye, type Tensor } from 'tandem-torch';
import { atLeastFloat32 } from '../math.js';
import { inFloat32 } from './float32.js';
import type { LossTerms } from './terms.js';

/**
 * Barlow Twins: the cross-correlation C of two views, each standardised over the batch, should be
 * the identity. In float32. `redundancy` weighs the off-diagonal term; .0051 in the paper.
 * @param a [n, d]
 * @param b [n, d]
 * @returns onDiagonal sum_i (C_ii - 1)^2 and offDiagonal redundancy * sum_{i != j} C_ij^2; together
 * d when each view is constant (Zbontar et al., 2021; facebookresearch/barlowtwins)
 */
export function barlowTwinsLoss(a: Tensor, b: Tensor, { redundancy }: { redundancy: number }): LossTerms {
  const [n, d] = a.shape as [number, number];
  return inFloat32(a, () => {
    const correlation = standardised(a).t().mm(standardised(b)).div(n);
    const itself = eye(d, { dtype: 'bool', device: a.device });
    return {
      onDiagonal: correlation.diagonal().sub(1).square().sum(),
      offDiagonal: correlation.maskedFill(itself, 0).square().sum().mul(redundancy),
    };
  });
}

/** Batch norm without parameters: the variance is divided by n, and eps is 1e-5. */
function standardised(z: Tensor): Tensor {
  const x = atLeastFloat32(z);
  const [variance, mean] = x.varMean([0], { unbiased: false });
  return x.sub(mean).div(variance.add(1e-5).sqrt());
}
