import { _foreachAdd_, _foreachAddcmul_, _foreachMul_, _foreachSqrt, zeros, zerosLike } from '../ops.generated.js';
import { addEach_, addRatio_, addScaled, scale_ } from '../scalar-or-tensor.js';
import type { StepInputs } from '../step-inputs.js';
import type { Tensor } from '../tensor.js';
import type { Moving, OptimizerOptions, Trainable } from './groups.js';
import { Optimizer } from './optimizer.js';

/** Settings of Adam and AdamW; a group may set its own. */
export interface AdamOptions extends OptimizerOptions {
  /**
   * How much of the means of the gradients and of their squares stays at each step, each in [0, 1);
   * 0.9 and 0.999 by default.
   */
  betas?: readonly [number, number];
  /** Added to the root of the mean square; 1e-8 by default. */
  eps?: number;
}

/**
 * Adaptive moments (Kingma and Ba 2015, arXiv:1412.6980) as PyTorch computes them, without amsgrad:
 * m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; theta -= lr (m / (1 - b1^t)) / (sqrt(v / (1 -
 * b2^t)) + eps), where t counts the steps of each parameter. The two optimizers differ in where
 * weight decay goes.
 */
abstract class AdaptiveMoments extends Optimizer<AdamOptions> {
  protected check({ betas, eps }: Required<AdamOptions>): void {
    const areGood = Array.isArray(betas) && betas.length === 2 && betas.every((beta) => beta >= 0 && beta < 1);
    this.need(areGood, `betas must be two numbers in [0, 1), got ${betas}`);
    this.need(eps >= 0 && eps < Number.POSITIVE_INFINITY, `eps must be 0 or more, got ${eps}`);
  }

  protected begin(parameter: Tensor) {
    // The counter stays on the CPU wherever the parameter is: reading it then waits for no device.
    const step = zeros([], { dtype: 'int64', device: 'cpu' });
    return { step, exp_avg: zerosLike(parameter), exp_avg_sq: zerosLike(parameter) };
  }

  /**
   * Applies weight decay.
   * @returns g: the gradients, with the decay in them where that is its place
   */
  protected abstract decayed(moving: Moving, options: Required<AdamOptions>, inputs: StepInputs): readonly Tensor[];

  protected update(moving: Moving, options: Required<AdamOptions>, inputs: StepInputs): void {
    const { betas, eps } = options;
    const { thetas, state } = moving;
    const decays = inputs.branch(() => options.weightDecay > 0);
    const gradients = decays ? this.decayed(moving, options, inputs) : moving.gradients;
    const [steps, means, squares] = [state('step'), state('exp_avg'), state('exp_avg_sq')];
    let corrections: { first: number; root: number }[] = [];
    inputs.host(() => {
      _foreachAdd_(steps, 1);
      corrections = steps.map((step) => {
        const t = step.item();
        return { first: 1 - betas[0] ** t, root: Math.sqrt(1 - betas[1] ** t) };
      });
    });
    _foreachMul_(means, betas[0]);
    _foreachAdd_(means, gradients, { alpha: 1 - betas[0] });
    _foreachMul_(squares, betas[1]);
    _foreachAddcmul_(squares, gradients, gradients, { value: 1 - betas[1] });
    // Both corrections are numbers: sqrt(v / c) + eps = (sqrt(v) + eps sqrt(c)) / sqrt(c), so the
    // second scales eps and the rate.
    const denominators = _foreachSqrt(squares);
    const padding = inputs.scalars(() => corrections.map(({ root }) => eps * root));
    const rates = inputs.scalars(() => corrections.map(({ first, root }) => (-options.lr * root) / first));
    addEach_(denominators, padding);
    addRatio_(thetas, means, denominators, rates);
  }
}

const defaults = { betas: [0.9, 0.999], eps: 1e-8, exclude: 'none' } as const;

/**
 * Adam with weight decay in the gradient, as an L2 penalty: g = grad + weightDecay theta, which is
 * its only temporary beside sqrt(v).
 */
export class Adam extends AdaptiveMoments {
  /** @throws when a setting is out of range, no parameter is given, or one is given twice. */
  constructor(parameters: Trainable<AdamOptions>, options: AdamOptions) {
    super('Adam', { weightDecay: 0, ...defaults }, parameters, options);
  }

  protected decayed(
    { thetas, gradients }: Moving,
    options: Required<AdamOptions>,
    inputs: StepInputs,
  ): readonly Tensor[] {
    const weightDecay = inputs.scalar(() => options.weightDecay);
    return addScaled(gradients, thetas, weightDecay);
  }
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101): theta -= lr
 * weightDecay theta before the step, which the moments do not see. One temporary: sqrt(v).
 */
export class AdamW extends AdaptiveMoments {
  /** @throws when a setting is out of range, no parameter is given, or one is given twice. */
  constructor(parameters: Trainable<AdamOptions>, options: AdamOptions) {
    super('AdamW', { weightDecay: 0.01, ...defaults }, parameters, options);
  }

  protected decayed(
    { thetas, gradients }: Moving,
    options: Required<AdamOptions>,
    inputs: StepInputs,
  ): readonly Tensor[] {
    const kept = inputs.scalar(() => 1 - options.lr * options.weightDecay);
    scale_(thetas, kept);
    return gradients;
  }
}
