import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  autocast,
  conv2d,
  type DType,
  grad,
  matmul,
  nn,
  noGrad,
  ones,
  optim,
  scope,
  type Tensor,
  tensor,
  topk,
  where,
  zeros,
} from '../src/index.js';

// The compiler is the test: each `@ts-expect-error` fails the build when the line below it is
// accepted. Nothing here runs.
export function refused(x: Tensor): void {
  // @ts-expect-error there is no such option
  conv2d(x, x, { strides: 2 });
  // @ts-expect-error an option of another type
  conv2d(x, x, { stride: '2' });
  // @ts-expect-error a number is no tensor
  matmul(x, 3);
  // @ts-expect-error a tensor is no number
  topk(x, x);
  // @ts-expect-error one argument is missing
  matmul(x);
  // @ts-expect-error one argument is too many
  x.relu(x);
  // @ts-expect-error keepdims is PyTorch's alias; here there is one spelling
  x.sum(1, { keepdims: true });
  // @ts-expect-error keepdim needs a dimension
  x.sum({ keepdim: true });
  // @ts-expect-error no such dtype
  zeros([2], { dtype: 'float' });
  // @ts-expect-error sizes stand in a list
  zeros(2);
  // @ts-expect-error no such memory format
  x.contiguous({ memoryFormat: 'nhwc' });
  // @ts-expect-error strings are no data
  tensor(['1']);
  // @ts-expect-error shapes are not written
  x.shape = [2];
  // @ts-expect-error nor are their sizes
  x.shape[0] = 2;
  // @ts-expect-error nothing is assigned to a gradient but a tensor or null
  x.grad = 5;
  // @ts-expect-error max along a dimension gives two tensors
  x.max(1).add(1);
  // @ts-expect-error a condition alone gives a list
  where(x).add(1);
  // @ts-expect-error unused inputs give null
  grad(x, [x])[0].add(1);
  // @ts-expect-error autocast needs to know how
  autocast(() => 1);
  // @ts-expect-error there is no such setting
  new optim.SGD([x], { lr: 1, momentun: 0.9 });
  // @ts-expect-error a rate is needed
  new optim.SGD([x], { momentum: 0.9 });
  // @ts-expect-error LARS has one form of momentum, and it is not Nesterov's
  new optim.LARS([x], { lr: 1, nesterov: true });
  // @ts-expect-error two betas
  new optim.AdamW([x], { lr: 1, betas: [0.9] });
  // @ts-expect-error what all optimizers share is no optimizer
  new optim.Optimizer([x], { lr: 1 });
  // @ts-expect-error a module must say how it computes
  class Silent extends nn.Module {}
  new Silent();
}

/** What the types promise, as a caller relies on it. */
export function accepted(x: Tensor): unknown {
  const [values, indices]: [values: Tensor, indices: Tensor] = x.topk(2, { dim: 0 });
  const parts: Tensor[] = x.split(2);
  const same: boolean = x.equal(x);
  const shape: readonly number[] = x.shape;
  const dtype: DType = x.dtype;
  const both: { a: Tensor; n: number } = scope(() => ({ a: x, n: 1 }));
  const inner: string = noGrad(() => autocast({ enabled: false }, () => 'x'));
  const gradient: Tensor | null = x.grad;
  const moved: nn.Linear = new nn.Linear(1, 1).to({ dtype: 'float64' }).eval();
  x.sum().sum(null).sum([0, 1], { keepdim: true, dtype: 'float64' }).clamp({ min: null });
  return [values, indices, parts, same, shape, dtype, both, inner, gradient, moved];
}

test('types hold for what is returned', () => {
  scope(() => {
    const [values] = ones([3]).topk(1);
    assert.equal(values.item(), 1);
  });
});
