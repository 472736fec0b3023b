import { eye, type Tensor } from '@tandem/torch';
import { inFloat32, wide } from './float32.js';

/**
 * Barlow Twins: the cross-correlation of two batch-normalised views should be the identity.
 * sum_i (C_ii - 1)^2 + redundancy * sum_{i != j} C_ij^2, in float32, with the biased variance and eps 1e-5.
 * @param a [n, d] @param b [n, d] (facebookresearch/barlowtwins)
 */
export function barlowTwins(a: Tensor, b: Tensor, { redundancy }: { redundancy: number }): Tensor {
  const [n, d] = a.shape as [number, number];
  return inFloat32(a, () => {
    const correlation = standardised(a).t().mm(standardised(b)).div(n);
    const onDiagonal = correlation.diagonal().sub(1).square().sum();
    const offDiagonal = correlation
      .maskedFill(eye(d, { dtype: 'bool', device: a.device }), 0)
      .square()
      .sum();
    return onDiagonal.add(offDiagonal, { alpha: redundancy });
  });
}

function standardised(z: Tensor): Tensor {
  const x = wide(z);
  const [variance, mean] = x.varMean([0], { unbiased: false });
  return x.sub(mean).div(variance.add(1e-5).sqrt());
}
