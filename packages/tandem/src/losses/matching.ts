import { layerNorm, type Tensor } from 'tandem-torch';
import { atLeastFloat32 } from '../math.js';
import { inFloat32 } from './float32.js';

/** Up to this difference of a whitened number its square counts, beyond it its size. */
const beta = 2;

/**
 * How far features are from a target that is whitened: each of its rows brought to mean 0 and
 * variance 1. Smooth L1, mean over all numbers of [n, d], in float32; 0 or more (Wei et al., 2022,
 * feature distillation; SwinTransformer/Feature-Distillation). No gradient reaches the target.
 */
export function whitenedDistance(x: Tensor, target: Tensor): Tensor {
  return inFloat32(x, () => {
    const wanted = atLeastFloat32(target.detach());
    return atLeastFloat32(x).smoothL1Loss(layerNorm(wanted, [wanted.shape[1] as number]), { beta });
  });
}
