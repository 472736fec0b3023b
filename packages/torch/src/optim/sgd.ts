import { _foreachAdd_, _foreachMul_, zerosLike } from '../ops.generated.js';
import { addScaled_, scale_ } from '../scalar-or-tensor.js';
import type { StepInputs } from '../step-inputs.js';
import type { Tensor } from '../tensor.js';
import type { Moving, OptimizerOptions, State, Trainable } from './groups.js';
import { Optimizer } from './optimizer.js';

/** Settings of SGD; a group may set its own. */
export interface SGDOptions extends OptimizerOptions {
  /** Share of the velocity that stays at each step, in [0, 1); 0 by default. */
  momentum?: number;
  /** Looks ahead along the velocity (Nesterov 1983); false by default, needs a momentum. */
  nesterov?: boolean;
}

/**
 * Stochastic gradient descent as PyTorch defines it: g = grad + weightDecay theta; v = momentum v +
 * g (v = g at first, no dampening); theta -= lr v, or lr (g + momentum v) with Nesterov. Works
 * without temporaries.
 */
export class SGD extends Optimizer<SGDOptions> {
  /** @throws when a setting is out of range, no parameter is given, or one is given twice. */
  constructor(parameters: Trainable<SGDOptions>, options: SGDOptions) {
    super('SGD', { momentum: 0, weightDecay: 0, nesterov: false, exclude: 'none' }, parameters, options);
  }

  protected check({ momentum, nesterov }: Required<SGDOptions>): void {
    this.need(momentum >= 0 && momentum < 1, `momentum must be in [0, 1), got ${momentum}`);
    this.need(!nesterov || momentum > 0, 'nesterov needs a momentum above 0');
  }

  protected begin(parameter: Tensor, { momentum }: Required<SGDOptions>): State {
    return momentum > 0 ? { momentum: zerosLike(parameter) } : {};
  }

  protected update({ thetas, gradients, state }: Moving, options: Required<SGDOptions>, inputs: StepInputs): void {
    const { momentum, nesterov } = options;
    const decays = inputs.branch(() => options.weightDecay > 0);
    const weightDecay = () => inputs.scalar(() => options.weightDecay);
    const kept = () => inputs.scalar(() => 1 - options.lr * options.weightDecay);
    const rate = inputs.scalar(() => -options.lr);
    if (momentum === 0) {
      if (decays) scale_(thetas, kept());
      addScaled_(thetas, gradients, rate);
      return;
    }
    const velocities = state('momentum');
    _foreachMul_(velocities, momentum);
    _foreachAdd_(velocities, gradients);
    if (decays) addScaled_(velocities, thetas, weightDecay());
    if (nesterov) {
      // theta - lr (g + wd theta + momentum v), term by term so that g + wd theta need not be
      // stored.
      if (decays) scale_(thetas, kept());
      addScaled_(thetas, gradients, rate);
      const onward = inputs.scalar(() => -options.lr * momentum);
      addScaled_(thetas, velocities, onward);
    } else {
      addScaled_(thetas, velocities, rate);
    }
  }
}
