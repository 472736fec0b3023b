import { noGrad } from '../autograd.js';
import { _foreachAdd_, _foreachMul_, zerosLike } from '../ops.generated.js';
import { refuseUnknown } from '../options.js';
import { scope } from '../scope.js';
import { slotOf, type Tensor } from '../tensor.js';

/** Settings of SGD; a group may set its own. */
export interface SGDOptions {
  lr: number;
  momentum?: number;
  weightDecay?: number;
  nesterov?: boolean;
}

/** Parameters with settings of their own. A group with its own `lr` keeps it, whatever `step` is told. */
export interface ParameterGroup extends Partial<SGDOptions> {
  readonly parameters: readonly Tensor[];
}

interface Group extends Required<SGDOptions> {
  readonly parameters: readonly Tensor[];
  readonly buffers: Tensor[];
  readonly fixedLr: boolean;
}

/**
 * Stochastic gradient descent as PyTorch defines it: g = grad + weightDecay theta; v = momentum v + g (v = g at first, no
 * dampening); theta -= lr v, or lr (g + momentum v) with Nesterov. Parameters without a gradient stand still.
 * Works on lists of tensors in place, without temporaries, and leaves the gradients as they are.
 */
export class SGD {
  readonly groups: readonly Group[];

  /** @throws when a setting is out of range, no parameter is given, or one is given twice. */
  constructor(parameters: readonly Tensor[] | readonly ParameterGroup[], options: SGDOptions) {
    const groups = parameters.map((entry) => ('parameters' in entry ? entry : { parameters: [entry] }));
    const merged: ParameterGroup[] = parameters.some((entry) => 'parameters' in entry)
      ? groups
      : [{ parameters: parameters as readonly Tensor[] }];
    const all = merged.flatMap((group) => group.parameters);
    if (all.length === 0) throw new RangeError('SGD: there are no parameters to train');
    if (new Set(all).size !== all.length) throw new RangeError('SGD: a parameter is given twice');
    const settings = merged.map(({ parameters: own, ...rest }) => {
      const group = { momentum: 0, weightDecay: 0, nesterov: false, ...options, ...rest };
      refuseUnknown('SGD', group, ['lr', 'momentum', 'weightDecay', 'nesterov']);
      check(group);
      return { ...group, parameters: own, fixedLr: rest.lr !== undefined };
    });
    this.groups = settings.map((group) => {
      const buffers = group.momentum > 0 ? noGrad(() => group.parameters.map((x) => zerosLike(x).keep())) : [];
      return { ...group, buffers };
    });
  }

  /** Clears every gradient, to none rather than to zeros. */
  zeroGrad(): void {
    for (const { parameters } of this.groups) for (const x of parameters) x.grad = null;
  }

  /** One update. @param options.lr for groups without a rate of their own; kept for the steps that follow. */
  step({ lr }: { lr?: number } = {}): void {
    if (lr !== undefined) checkRate(lr);
    scope(() => {
      noGrad(() => {
        for (const group of this.groups) {
          if (lr !== undefined && !group.fixedLr) group.lr = lr;
          update(group);
        }
      });
    });
  }

  /** The momentum buffers by name: what a checkpoint must hold besides the parameters. */
  stateDict(): Record<string, Tensor> {
    const named = this.groups.flatMap(({ buffers }, g) => buffers.map((x, i) => [`${g}.${i}.momentum`, x] as const));
    return Object.fromEntries(named);
  }

  /** Continues from saved momentum buffers. @throws when they are not those of the same groups. */
  loadStateDict(state: Record<string, Tensor>): void {
    const own = Object.entries(this.stateDict());
    const names = Object.keys(state);
    for (const name of names) slotOf(state[name] as Tensor, `SGD: ${name}`);
    if (names.length !== own.length || own.some(([name, x]) => String(state[name]?.shape) !== String(x.shape))) {
      throw new Error(`SGD: the saved state (${names.length} tensors) does not fit these parameters (${own.length})`);
    }
    noGrad(() => {
      for (const [name, x] of own) x.copy_(state[name] as Tensor);
    });
  }

  /** Forgets all momentum. */
  reset(): void {
    noGrad(() => {
      for (const { buffers } of this.groups) for (const x of buffers) x.zero_();
    });
  }

  /** Frees the momentum buffers. */
  dispose(): void {
    for (const { buffers } of this.groups) for (const x of buffers) x.dispose();
  }
}

function check({ lr, momentum, weightDecay, nesterov }: Required<SGDOptions>): void {
  checkRate(lr);
  if (!(momentum >= 0 && momentum < 1)) throw new RangeError(`SGD: momentum must be in [0, 1), got ${momentum}`);
  if (!(weightDecay >= 0)) throw new RangeError(`SGD: weightDecay must be 0 or more, got ${weightDecay}`);
  if (nesterov && momentum === 0) throw new RangeError('SGD: nesterov needs a momentum above 0');
}

function checkRate(lr: number): void {
  if (!(lr >= 0 && lr < Number.POSITIVE_INFINITY)) throw new RangeError(`SGD: lr must be 0 or more, got ${lr}`);
}

function update({ parameters, buffers, lr, momentum, weightDecay, nesterov }: Group): void {
  const moving = parameters
    .map((x, i) => ({ x, gradient: x.grad, buffer: buffers[i] }))
    .filter(({ gradient }) => gradient);
  if (moving.length === 0) return;
  const thetas = moving.map(({ x }) => x);
  const gradients = moving.map(({ gradient }) => gradient as Tensor);
  if (momentum === 0) {
    if (weightDecay > 0) _foreachMul_(thetas, 1 - lr * weightDecay);
    _foreachAdd_(thetas, gradients, { alpha: -lr });
    return;
  }
  const velocities = moving.map(({ buffer }) => buffer as Tensor);
  _foreachMul_(velocities, momentum);
  _foreachAdd_(velocities, gradients);
  if (weightDecay > 0) _foreachAdd_(velocities, thetas, { alpha: weightDecay });
  if (nesterov) {
    // theta - lr (g + wd theta + momentum v), term by term so that g + wd theta need not be stored.
    if (weightDecay > 0) _foreachMul_(thetas, 1 - lr * weightDecay);
    _foreachAdd_(thetas, gradients, { alpha: -lr });
    _foreachAdd_(thetas, velocities, { alpha: -lr * momentum });
  } else {
    _foreachAdd_(thetas, velocities, { alpha: -lr });
  }
}
