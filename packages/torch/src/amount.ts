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
 * A number that changes from step to step: itself, or a tensor of no dimensions, float32, on the
 * device of what it is used with. Work that is recorded holds on to numbers; a tensor it reads anew
 * at each replay. Results of the two may differ in last bits.
 */
export type Amount = number | Tensor;

/** Several, in a list or as a tensor [n]. */
export type Amounts = readonly number[] | Tensor;

/**
 * How the work of a step learns what changes from step to step, so that it can be recorded: what it
 * learns in other ways stays as it was.
 */
export interface Now {
  /** A number of this step. @param of is asked once in each step, also when the work is replayed */
  number(of: () => number): Amount;
  /** Several, always as many. */
  numbers(of: () => readonly number[]): Amounts;
  /** A choice between two kinds of work. @param of tells without changing anything */
  choice(of: () => boolean): boolean;
  /** What the host does in each step, in the order of these calls. */
  host(act: () => void): void;
}

/** For work that is not recorded: numbers as they are. */
export const plainly: Now = {
  number: (of) => of(),
  numbers: (of) => of(),
  choice: (of) => of(),
  host: (act) => act(),
};

/** x *= k for each. */
export function scale_(xs: readonly Tensor[], k: Amount): void {
  if (typeof k === 'number') _foreachMul_(xs, k);
  else _foreachMul_(xs, each(xs, k));
}

/** x + k y for each pair. */
export function addScaled(xs: readonly Tensor[], ys: readonly Tensor[], k: Amount): Tensor[] {
  return typeof k === 'number' ? _foreachAdd(xs, ys, { alpha: k }) : _foreachAddcmul(xs, ys, each(xs, k));
}

/** x += k y for each pair. */
export function addScaled_(xs: readonly Tensor[], ys: readonly Tensor[], k: Amount): void {
  if (typeof k === 'number') _foreachAdd_(xs, ys, { alpha: k });
  else _foreachAddcmul_(xs, ys, each(xs, k));
}

/** x += k for each of both. */
export function addEach_(xs: readonly Tensor[], ks: Amounts): void {
  if (ks instanceof Tensor) _foreachAdd_(xs, ks.unbind());
  else _foreachAdd_(xs, ks);
}

/** x += k y / z for each of all four. May leave anything in the z. */
export function addRatio_(xs: readonly Tensor[], ys: readonly Tensor[], zs: readonly Tensor[], ks: Amounts): void {
  if (ks instanceof Tensor) {
    _foreachDiv_(zs, ks.unbind());
    _foreachAddcdiv_(xs, ys, zs);
  } else {
    _foreachAddcdiv_(xs, ys, zs, ks);
  }
}

/** x += k (y - x) for each pair; nothing at all changes where the two are equal. */
export function approach_(xs: readonly Tensor[], ys: readonly Tensor[], k: Amount): void {
  xs.forEach((x, i) => {
    const y = ys[i] as Tensor;
    if (typeof k === 'number') lerp_(x, y, k);
    else lerp_(x, y, k);
  });
}

/** x / k */
export function over(x: Tensor, k: Amount): Tensor {
  return typeof k === 'number' ? div(x, k) : div(x, k);
}

function each(xs: readonly Tensor[], k: Tensor): Tensor[] {
  return xs.map(() => k);
}
