import {
  _foreachSub,
  addScaled_,
  lerpEach_,
  noGrad,
  type ScalarOrTensor,
  scale_,
  scope,
  stack,
  type Tensor,
} from 'tandem-torch';
import type { Branch } from '../networks/index.js';

/** A student parameter and the teacher parameter it is held against. */
export interface Pair {
  /** The student's. */
  readonly theta: Tensor;
  /** The teacher's, of the same shape. */
  readonly xi: Tensor;
}

/**
 * The trainable tensors of encoder and projector, paired by name. Buffers are no parameters, and a
 * predictor has no counterpart.
 * @throws when the two networks are not built alike.
 */
export function pairs(student: Branch, teacher: Branch): Pair[] {
  const theirs = new Map(paired(teacher));
  const found = paired(student).map(([name, theta]) => {
    const xi = theirs.get(name);
    if (!xi || String(xi.shape) !== String(theta.shape)) throw new Error(`teacher and student differ at ${name}`);
    theirs.delete(name);
    return { theta, xi };
  });
  for (const name of theirs.keys()) throw new Error(`teacher and student differ at ${name}`);
  return found;
}

function paired(branch: Branch): [string, Tensor][] {
  return branch.namedParameters().filter(([name]) => !name.startsWith('predictor.'));
}

function gaps(of: readonly Pair[]): Tensor[] {
  return _foreachSub(
    of.map(({ theta }) => theta),
    of.map(({ xi }) => xi),
  );
}

/** sum x^2 over all scalars of all tensors. */
export function squaredNorm(tensors: readonly Tensor[]): number {
  return scope(() =>
    noGrad(() => {
      const sums = stack(tensors.map((x) => x.square().sum())).data();
      return Array.from(sums, Number).reduce((total, sum) => total + sum, 0);
    }),
  );
}

/** sum (theta - xi)^2 over all scalars of all pairs. */
export function squaredDistance(of: readonly Pair[]): number {
  return scope(() => noGrad(() => squaredNorm(gaps(of))));
}

/**
 * Adds the gradient of (strength / 2) * sum |theta - xi|^2 to the student's gradients: what
 * autograd of the quadratic would add, and exactly nothing where theta = xi.
 */
export function addProximalPull(of: readonly Pair[], strength: ScalarOrTensor): void {
  scope(() =>
    noGrad(() => {
      const pulled: Tensor[] = [];
      const gradients: Tensor[] = [];
      gaps(of).forEach((gap, i) => {
        const { theta } = of[i] as Pair;
        if (theta.grad) {
          pulled.push(gap);
          gradients.push(theta.grad);
        } else {
          scale_([gap], strength);
          theta.grad = gap;
        }
      });
      if (gradients.length > 0) addScaled_(gradients, pulled, strength);
    }),
  );
}

/** target += rate (source - target), in place; nothing at all changes where the two are equal. */
export function moveTowards(target: readonly Tensor[], source: readonly Tensor[], rate: ScalarOrTensor): void {
  noGrad(() => lerpEach_(target, source, rate));
}
