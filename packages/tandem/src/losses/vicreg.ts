import { eye, type Tensor } from '@tandem/torch';
import { inFloat32, wide } from './float32.js';

/** Mean squared difference of two views, over all n * d elements. */
export function invariance(a: Tensor, b: Tensor): Tensor {
  return wide(a).sub(wide(b)).square().mean();
}

/** Hinge that keeps the deviation of every dimension above 1: mean_j relu(1 - sqrt(var_j + 1e-4)), unbiased variance. */
export function variance(z: Tensor): Tensor {
  const [spread] = wide(z).varMean([0], { unbiased: true });
  return spread.add(1e-4).sqrt().mul(-1).add(1).relu().mean();
}

/** Squared covariances between different dimensions, summed and divided by d. */
export function covariance(z: Tensor): Tensor {
  const [n, d] = z.shape as [number, number];
  return inFloat32(z, () => {
    const centred = wide(z).sub(wide(z).mean([0]));
    const matrix = centred
      .t()
      .mm(centred)
      .div(n - 1);
    return matrix
      .maskedFill(eye(d, { dtype: 'bool', device: z.device }), 0)
      .square()
      .sum()
      .div(d);
  });
}
