import {
  _foreachAdd_,
  _foreachAddcdiv_,
  _foreachAddcmul_,
  _foreachMul_,
  _foreachSqrt,
  zeros,
  zerosLike,
} from '../ops.generated.js';
import type { Tensor } from '../tensor.js';
import type { Moving, OptimizerOptions, Trainable } from './groups.js';
import { Optimizer } from './optimizer.js';

/** Settings of AdamW; a group may set its own. */
export interface AdamWOptions extends OptimizerOptions {
  /** How much of the means of the gradients and of their squares stays at each step. */
  betas?: readonly [number, number];
  /** Added to the root of the mean square. */
  eps?: number;
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101) as PyTorch defines it, without amsgrad:
 * theta -= lr weightDecay theta; m = b1 m + (1 - b1) grad; v = b2 v + (1 - b2) grad^2;
 * theta -= lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps), where t counts the steps of each parameter. One temporary: sqrt(v).
 */
export class AdamW extends Optimizer<AdamWOptions> {
  /** @throws when a setting is out of range, no parameter is given, or one is given twice. */
  constructor(parameters: Trainable<AdamWOptions>, options: AdamWOptions) {
    super('AdamW', { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01, exclude: 'none' }, parameters, options);
  }

  protected check({ betas, eps }: Required<AdamWOptions>): void {
    const areGood = Array.isArray(betas) && betas.length === 2 && betas.every((beta) => beta >= 0 && beta < 1);
    this.need(areGood, `betas must be two numbers in [0, 1), got ${betas}`);
    this.need(eps >= 0 && eps < Number.POSITIVE_INFINITY, `eps must be 0 or more, got ${eps}`);
  }

  protected begin(parameter: Tensor) {
    // The counter stays on the CPU wherever the parameter is: reading it then waits for no device.
    const step = zeros([], { dtype: 'int64', device: 'cpu' });
    return { step, exp_avg: zerosLike(parameter), exp_avg_sq: zerosLike(parameter) };
  }

  protected update({ thetas, gradients, state }: Moving, options: Required<AdamWOptions>): void {
    const { lr, betas, eps, weightDecay } = options;
    const [steps, means, squares] = [state('step'), state('exp_avg'), state('exp_avg_sq')];
    _foreachAdd_(steps, 1);
    if (weightDecay > 0) _foreachMul_(thetas, 1 - lr * weightDecay);
    _foreachMul_(means, betas[0]);
    _foreachAdd_(means, gradients, { alpha: 1 - betas[0] });
    _foreachMul_(squares, betas[1]);
    _foreachAddcmul_(squares, gradients, gradients, { value: 1 - betas[1] });
    // Both corrections are numbers: sqrt(v / c) + eps = (sqrt(v) + eps sqrt(c)) / sqrt(c), so the second scales eps and the rate.
    const corrections = steps.map((step) => {
      const t = step.item();
      return { first: 1 - betas[0] ** t, root: Math.sqrt(1 - betas[1] ** t) };
    });
    const denominators = _foreachSqrt(squares);
    const padding = corrections.map(({ root }) => eps * root);
    const rates = corrections.map(({ first, root }) => (-lr * root) / first);
    _foreachAdd_(denominators, padding);
    _foreachAddcdiv_(thetas, means, denominators, rates);
  }
}
