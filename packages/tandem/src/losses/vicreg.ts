import { eye, type Tensor } from 'tandem-torch';
import { atLeastFloat32 } from '../math.js';
import { inFloat32 } from './float32.js';
import type { LossTerms } from './terms.js';

/** The weights of VICReg's terms. */
export interface VicRegWeights {
  /** Of the mean squared distance of the two views. */
  readonly invarianceWeight: number;
  /** Of the hinge on the deviation of each dimension. */
  readonly varianceWeight: number;
  /** Of the squared covariances between dimensions. */
  readonly covarianceWeight: number;
}

/** Those of the paper. */
export const vicRegWeights: VicRegWeights = { invarianceWeight: 25, varianceWeight: 25, covarianceWeight: 1 };

/**
 * VICReg: two views should agree, every dimension should vary, and no two dimensions should vary
 * together. The variance term is the mean of both views', the covariance term their sum, as in the
 * authors' code; solo-learn adds the variances, which is a varianceWeight of 50. The embeddings are
 * not normalised: the hinge at deviation 1 gives them their scale.
 * @param a [n, d] @param b [n, d], n >= 2 @param weights 25, 25 and 1 in the paper
 * @returns invariance, variance and covariance, weighted; together 24.75 when all embeddings are
 * one vector (Bardes, Ponce, LeCun, 2022; facebookresearch/vicreg)
 */
export function vicRegLoss(a: Tensor, b: Tensor, weights: Partial<VicRegWeights> = {}): LossTerms {
  const { invarianceWeight, varianceWeight, covarianceWeight } = { ...vicRegWeights, ...weights };
  return {
    invariance: invariance(a, b).mul(invarianceWeight),
    variance: variance(a)
      .add(variance(b))
      .mul(varianceWeight / 2),
    covariance: covariance(a).add(covariance(b)).mul(covarianceWeight),
  };
}

/**
 * Mean squared difference of two views, over all n * d elements; 0 or more.
 * @param a [n, d]
 * @param b [n, d]
 */
export function invariance(a: Tensor, b: Tensor): Tensor {
  return atLeastFloat32(a).sub(atLeastFloat32(b)).square().mean();
}

/**
 * Hinge that keeps the deviation of every dimension above 1: mean_j relu(1 - sqrt(var_j + 1e-4)),
 * unbiased variance; 0 to 0.99.
 * @param z [n, d], n >= 2
 */
export function variance(z: Tensor): Tensor {
  const [spread] = atLeastFloat32(z).varMean([0], { unbiased: true });
  return spread.add(1e-4).sqrt().mul(-1).add(1).relu().mean();
}

/**
 * Squared covariances (unbiased) between different dimensions, summed and divided by d; 0 or more.
 * @param z [n, d], n >= 2
 */
export function covariance(z: Tensor): Tensor {
  const [n, d] = z.shape as [number, number];
  return inFloat32(z, () => {
    const centred = atLeastFloat32(z).sub(atLeastFloat32(z).mean([0]));
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
