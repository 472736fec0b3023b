import assert from 'node:assert/strict';
import { grad, linalgSvd, scope, type Tensor, tensor } from 'tandem-torch';
import { assertClose, elements, normal } from '../support.js';

export type Two = readonly [Tensor, Tensor];

/** A matrix in float64. */
export function matrix(rows: readonly (readonly number[])[]): Tensor {
  return tensor(Float64Array.from(rows.flat()), { shape: [rows.length, rows[0]?.length ?? 0] });
}

/** The rows as plain numbers. */
export function numbers(z: Tensor): number[][] {
  return z.toArray() as number[][];
}

/** n times the same row. */
export function alike(n: number, d: number, seed = 1): Tensor {
  return normal([1, d], seed).expand([n, d]);
}

/**
 * Zero means, and `divisor` times the covariance is the identity: exactly decorrelated embeddings.
 */
export function whitened(n: number, d: number, divisor: number): Tensor {
  const z = normal([n, d], 3);
  const [u] = linalgSvd(z.sub(z.mean([0])), { fullMatrices: false });
  return u.mul(Math.sqrt(divisor));
}

/** The rows in another order. */
export function reordered(z: Tensor, order: readonly number[]): Tensor {
  return z.indexSelect(0, tensor(Int32Array.from(order)));
}

/** Two tensors' directions: 1 when one is a positive multiple of the other. */
export function cosine(a: Tensor, b: Tensor): number {
  const [x, y] = [a.flatten(), b.flatten()];
  return x.dot(y).item() / Math.sqrt(x.dot(x).item() * y.dot(y).item());
}

/** The gradients of the loss of copies of the inputs; null where none arrives. */
export function gradients(loss: (...z: Tensor[]) => Tensor, ...inputs: Tensor[]): (Tensor | null)[] {
  const leaves = inputs.map((z) => z.detach().clone());
  for (const leaf of leaves) leaf.requiresGrad = true;
  return grad(loss(...leaves), leaves, { allowUnused: true });
}

/** -log softmax(row)[right], mean over the rows, in plain numbers. */
export function crossEntropy(rows: readonly (readonly number[])[], right: readonly number[]): number {
  const terms = rows.map((row, i) => {
    const top = Math.max(...row);
    const sum = row.reduce((total, x) => total + Math.exp(x - top), 0);
    return top + Math.log(sum) - (row[right[i] as number] as number);
  });
  return terms.reduce((total, x) => total + x, 0) / terms.length;
}

/**
 * Compares autograd with central differences of fourth order, element by element. The inputs are of
 * float64.
 */
export function assertGradients(loss: (...z: Tensor[]) => Tensor, inputs: Tensor[]): void {
  const h = 1e-4;
  const analytic = gradients(loss, ...inputs);
  assert.ok(analytic.some(Boolean), 'no input has a gradient');
  analytic.forEach((found, i) => {
    if (!found) return;
    const x = inputs[i] as Tensor;
    const numeric = elements(x).map((_, k) => {
      const at = (offset: number) =>
        scope(() => {
          const moved = elements(x).map((value, j) => (j === k ? value + offset : value));
          return loss(...inputs.with(i, tensor(Float64Array.from(moved), { shape: x.shape }))).item();
        });
      return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
    });
    assertClose(found, numeric, { rtol: 1e-6, atol: 1e-9, label: `input ${i}` });
  });
}

/** Every row's gradient is orthogonal to the row: its length does not matter to the loss. */
export function assertOrthogonal(gradient: Tensor, z: Tensor): void {
  const products = z.mul(gradient).sum([1]);
  assert.ok(gradient.abs().max().item() > 1e-3);
  assertClose(products, new Array(z.shape[0]).fill(0), { atol: 1e-14 });
}
