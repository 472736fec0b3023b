import { _foreachAdd_, _foreachSub, noGrad, scope, type Tensor } from '@tandem/torch';
import type { Branch } from '../networks/index.js';

/** A student parameter and the teacher parameter it is held against. */
export interface Pair {
  readonly theta: Tensor;
  readonly xi: Tensor;
}

/**
 * The trainable tensors of encoder and projector, paired by name. Buffers are no parameters, and a predictor has no counterpart.
 * @throws when the two networks are not built alike.
 */
export function pairs(student: Branch, teacher: Branch): Pair[] {
  const theirs = new Map(teacher.namedParameters());
  return student
    .namedParameters()
    .filter(([name]) => !name.startsWith('predictor.'))
    .map(([name, theta]) => {
      const xi = theirs.get(name);
      if (!xi || String(xi.shape) !== String(theta.shape)) throw new Error(`teacher and student differ at ${name}`);
      return { theta, xi };
    });
}

/** sum (theta - xi)^2 over all scalars of all pairs. */
export function squaredDistance(paired: readonly Pair[]): number {
  return scope(() =>
    noGrad(() => {
      let sum = 0;
      for (const { theta, xi } of paired) sum += theta.sub(xi).square().sum({ dtype: 'float64' }).item();
      return sum;
    }),
  );
}

/**
 * Adds the gradient of (strength / 2) * sum |theta - xi|^2 to the student's gradients: exactly what autograd of the quadratic would add,
 * and exactly nothing where theta = xi.
 */
export function addProximalPull(paired: readonly Pair[], strength: number): void {
  scope(() =>
    noGrad(() => {
      const gaps = _foreachSub(paired.map(({ theta }) => theta), paired.map(({ xi }) => xi));
      const pulled: Tensor[] = [];
      const gradients: Tensor[] = [];
      paired.forEach(({ theta }, i) => {
        const gap = gaps[i] as Tensor;
        if (theta.grad) {
          pulled.push(gap);
          gradients.push(theta.grad);
        } else {
          theta.grad = gap.mul_(strength);
        }
      });
      if (gradients.length > 0) _foreachAdd_(gradients, pulled, { alpha: strength });
    }),
  );
}

/** target += rate (source - target), in place; nothing at all changes where the two are equal. */
export function moveTowards(target: readonly Tensor[], source: readonly Tensor[], rate: number): void {
  noGrad(() => {
    target.forEach((x, i) => {
      x.lerp_(source[i] as Tensor, rate);
    });
  });
}
