import { arange, type Tensor } from 'tandem-torch';
import { l2Normalize } from '../math.js';
import { inFloat32 } from './float32.js';

/** Added to differences and to distances, against the logarithm of 0. */
const eps = 1e-8;

/**
 * Spreads features over the sphere: -log of each unit row's distance to its nearest other one,
 * mean over the rows, in float32 (Kozachenko and Leonenko, 1987; Sablayrolles et al., 2019;
 * facebookresearch/dinov2).
 * @param features [n, d], two rows or more, of any length
 * @returns one number; -ln 2 where two rows are opposite, large where rows are alike
 */
export function koleoLoss(features: Tensor): Tensor {
  return inFloat32(features, () => {
    const x = l2Normalize(features);
    const n = x.shape[0] as number;
    const own = arange(n, { dtype: 'int64', device: x.device });
    const cosines = x.detach().mm(x.detach().t());
    const nearest = cosines.maskedFill(own.unsqueeze(1).eq(own), Number.NEGATIVE_INFINITY).argmax({ dim: 1 });
    const distances = x.sub(x.indexSelect(0, nearest)).add(eps).norm(2, [1]);
    return distances.add(eps).log().mean().neg();
  });
}
