import { _foreachAddcmul_, _foreachMul_, _foreachNorm, stack, zerosLike } from '../ops.generated.js';
import { addScaled, addScaled_, type ScalarOrTensor, scale_ } from '../scalar-or-tensor.js';
import type { StepInputs } from '../step-inputs.js';
import type { Tensor } from '../tensor.js';
import type { Moving, OptimizerOptions, Trainable } from './groups.js';
import { Optimizer } from './optimizer.js';

/** Settings of LARS; a group may set its own. */
export interface LARSOptions extends OptimizerOptions {
  /** Share of the velocity that stays at each step, in [0, 1); 0.9 by default. */
  momentum?: number;
  /**
   * How far one step may move a tensor, in parts of its norm and of the learning rate; 0.001 by
   * default.
   */
  trust?: number;
  /**
   * What momentum gathers: `'gradients'` (BYOL, Barlow Twins), or `'steps'`, gradients already
   * times their lr (SimCLR).
   */
  momentumOf?: 'gradients' | 'steps';
  /**
   * Takes min(ratio / lr, 1) for the ratio, so that LARS only ever shortens the steps of SGD (apex,
   * solo-learn).
   */
  clip?: boolean;
  /**
   * `'vectors'`: tensors of one dimension or none, that is biases and batch norm, have neither
   * decay nor ratio.
   */
  exclude?: 'vectors' | 'none';
}

/**
 * Layer-wise adaptive rate scaling (You et al. 2017, arXiv:1708.03888), for very large batches: for
 * each tensor g = grad + weightDecay theta; r = trust ||theta|| / ||g||, or 1 where either norm is
 * 0; v = momentum v + r g; theta -= lr v. With momentum of steps v = momentum v + lr r g; theta -=
 * v, which differs once the rate changes. Norms stay on the device; only decay needs a temporary,
 * g.
 */
export class LARS extends Optimizer<LARSOptions> {
  /** @throws when a setting is out of range, no parameter is given, or one is given twice. */
  constructor(parameters: Trainable<LARSOptions>, options: LARSOptions) {
    const how = { momentumOf: 'gradients', clip: false, exclude: 'vectors' } as const;
    super('LARS', { momentum: 0.9, weightDecay: 0, trust: 1e-3, ...how }, parameters, options);
  }

  protected check({ momentum, trust, momentumOf, clip }: Required<LARSOptions>): void {
    this.need(momentum >= 0 && momentum < 1, `momentum must be in [0, 1), got ${momentum}`);
    this.need(trust > 0 && trust < Number.POSITIVE_INFINITY, `trust must be above 0, got ${trust}`);
    const isKnown = momentumOf === 'gradients' || momentumOf === 'steps';
    this.need(isKnown, `momentumOf must be 'gradients' or 'steps', got '${momentumOf}'`);
    this.need(typeof clip === 'boolean', `clip must be true or false, got ${clip}`);
  }

  protected begin(parameter: Tensor) {
    return { momentum: zerosLike(parameter) };
  }

  protected update(
    { thetas, gradients, excluded, state }: Moving,
    options: Required<LARSOptions>,
    inputs: StepInputs,
  ): void {
    const { momentum, momentumOf, trust, clip } = options;
    const ofSteps = momentumOf === 'steps';
    const inner = ofSteps ? inputs.scalar(() => options.lr) : 1;
    const velocities = state('momentum');
    _foreachMul_(velocities, momentum);
    if (excluded) {
      addScaled_(velocities, gradients, inner);
    } else {
      const decays = inputs.branch(() => options.weightDecay > 0);
      const weightDecay = () => inputs.scalar(() => options.weightDecay);
      const g = decays ? addScaled(gradients, thetas, weightDecay()) : gradients;
      const ratio = ratios(thetas, g, clip ? { trust: inputs.scalar(() => trust / options.lr), most: 1 } : { trust });
      if (typeof inner === 'number') _foreachAddcmul_(velocities, g, ratio.unbind(), { value: inner });
      else _foreachAddcmul_(velocities, g, ratio.mul(inner).unbind());
    }
    addScaled_(thetas, velocities, ofSteps ? -1 : inputs.scalar(() => -options.lr));
  }
}

/** The ratio of each tensor, and at most `most`: [tensors] */
function ratios(
  thetas: readonly Tensor[],
  g: readonly Tensor[],
  { trust, most }: { readonly trust: ScalarOrTensor; readonly most?: number },
): Tensor {
  const sizes = stack(_foreachNorm(thetas));
  const slopes = stack(_foreachNorm(g));
  const ratio = sizes.div(slopes);
  scale_([ratio], trust);
  const bounded = most === undefined ? ratio : ratio.clampMax(most);
  return bounded.maskedFill_(sizes.eq(0).logicalOr(slopes.eq(0)), 1);
}
