import { linalgSvdvals, noGrad, scope, type Tensor } from 'tandem-torch';
import { atLeastFloat32, l2Normalize } from '../math.js';

/** Signs of health and of collapse in embeddings. */
export interface Diagnostics {
  /**
   * Mean over dimensions of the deviation of unit embeddings; about 1/sqrt(d) when healthy, 0 when
   * collapsed.
   */
  readonly embeddingStd: number;
  /**
   * exp(entropy of the normalised singular values): how many dimensions are in use, from 1 to d
   * (Garrido et al., 2023).
   */
  readonly effectiveRank: number;
  /** Mean squared distance of two views of one image, on the unit sphere (Wang and Isola, 2020). */
  readonly alignment: number;
  /** log mean exp(-2 squared distance) over pairs of images; lower is more even. */
  readonly uniformity: number;
}

/**
 * Signs of health and of collapse in the embeddings of two views.
 * @param a embeddings of one view of n images, [n, d]
 * @param b of another view of the same images
 */
export function diagnoseEmbeddings(a: Tensor, b: Tensor): Diagnostics {
  return scope(() =>
    noGrad(() => {
      const [u, v] = [l2Normalize(a), l2Normalize(b)];
      const n = u.shape[0] as number;
      const singular = linalgSvdvals(atLeastFloat32(a));
      const p = singular.div(singular.sum().clampMin(1e-12));
      const entropy = -p.mul(p.clampMin(1e-12).log()).sum().item();
      const squared = u.mm(u.t()).mul(-2).add(2).clampMin(0);
      // Every pair of different images stands twice in the matrix, and each image once with itself
      // at distance 0.
      const energy = (squared.mul(-2).exp().sum().item() - n) / (n * (n - 1));
      return {
        embeddingStd: u.std([0], { unbiased: false }).mean().item(),
        effectiveRank: Math.exp(entropy),
        alignment: u.sub(v).square().sum(1).mean().item(),
        uniformity: Math.log(energy),
      };
    }),
  );
}

/**
 * Says so when the embeddings have collapsed: to nearly one point where their deviation is below a
 * tenth of the healthy 1/sqrt(width), to nearly one line where hardly more than one dimension is in
 * use.
 */
export function collapseWarning({ embeddingStd, effectiveRank }: Diagnostics, width: number): string | undefined {
  const healthy = 1 / Math.sqrt(width);
  const numbers = `std ${embeddingStd.toPrecision(2)} of about ${healthy.toPrecision(2)}, rank ${effectiveRank.toFixed(1)} of ${width}`;
  if (embeddingStd < 0.1 * healthy) return `collapsed: all embeddings are nearly the same (${numbers})`;
  if (effectiveRank < Math.min(2, width / 2)) return `collapsed: the embeddings use hardly one dimension (${numbers})`;
  return undefined;
}
