import {
  _foreachAdd,
  _foreachAdd_,
  _foreachAddcdiv_,
  _foreachAddcmul,
  _foreachAddcmul_,
  _foreachDiv_,
  _foreachMul_,
  div,
  lerp_,
} from './ops.generated.js';
import { Tensor } from './tensor.js';

/**
 * A scalar that may change from step to step: a number, or a tensor of no dimensions, float32, on
 * the device of what it is used with. Captured work keeps the numbers it was captured with; a
 * tensor is read anew at each replay. Results of the two may differ in last bits.
 */
export type ScalarOrTensor = number | Tensor;

/** Several scalars: a list of numbers, or a float32 tensor [n]. */
export type ScalarsOrTensor = readonly number[] | Tensor;

/** x *= k for each. */
export function scale_(xs: readonly Tensor[], k: ScalarOrTensor): void {
  if (typeof k === 'number') _foreachMul_(xs, k);
  else _foreachMul_(xs, each(xs, k));
}

/** x + k y for each pair. */
export function addScaled(xs: readonly Tensor[], ys: readonly Tensor[], k: ScalarOrTensor): Tensor[] {
  return typeof k === 'number' ? _foreachAdd(xs, ys, { alpha: k }) : _foreachAddcmul(xs, ys, each(xs, k));
}

/** x += k y for each pair. */
export function addScaled_(xs: readonly Tensor[], ys: readonly Tensor[], k: ScalarOrTensor): void {
  if (typeof k === 'number') _foreachAdd_(xs, ys, { alpha: k });
  else _foreachAddcmul_(xs, ys, each(xs, k));
}

/** x += k for each of both. */
export function addEach_(xs: readonly Tensor[], ks: ScalarsOrTensor): void {
  if (ks instanceof Tensor) _foreachAdd_(xs, ks.unbind());
  else _foreachAdd_(xs, ks);
}

/** x += k y / z for each of all four. May leave anything in the z. */
export function addRatio_(
  xs: readonly Tensor[],
  ys: readonly Tensor[],
  zs: readonly Tensor[],
  ks: ScalarsOrTensor,
): void {
  if (ks instanceof Tensor) {
    _foreachDiv_(zs, ks.unbind());
    _foreachAddcdiv_(xs, ys, zs);
  } else {
    _foreachAddcdiv_(xs, ys, zs, ks);
  }
}

/** x += k (y - x) for each pair; nothing at all changes where the two are equal. */
export function lerpEach_(xs: readonly Tensor[], ys: readonly Tensor[], k: ScalarOrTensor): void {
  xs.forEach((x, i) => {
    const y = ys[i] as Tensor;
    if (typeof k === 'number') lerp_(x, y, k);
    else lerp_(x, y, k);
  });
}

/** x / k */
export function divideBy(x: Tensor, k: ScalarOrTensor): Tensor {
  return typeof k === 'number' ? div(x, k) : div(x, k);
}

function each(xs: readonly Tensor[], k: Tensor): Tensor[] {
  return xs.map(() => k);
}
