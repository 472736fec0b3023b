import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  identityOf,
  nn,
  noGrad,
  type OperatorCall,
  recordOperators,
  scope,
  type Tensor,
  tensor,
} from '../src/index.js';

test('operators are told in order, by names, with tensors that tell which is which', () =>
  scope(() => {
    const layer = new nn.Linear(3, 2);
    const x = tensor([[1, 2, 3]], { dtype: 'float32' });
    const calls: OperatorCall[] = [];
    const values: number[] = [];
    const y = recordOperators(
      (call) => {
        calls.push(call);
        // What it computes itself is not told.
        values.push(Number((call.outputs[0] as Tensor).sum().item()));
      },
      () => noGrad(() => layer.forward(x).to('float64').add(1, { alpha: 2 }).relu_()),
    );
    assert.deepEqual(
      calls.map(({ operator }) => operator),
      ['tandem::affine', 'aten::to.dtype_layout', 'aten::add.Scalar', 'aten::relu_'],
    );
    const [linear, to, add, relu] = calls as [OperatorCall, OperatorCall, OperatorCall, OperatorCall];
    assert.deepEqual(Object.keys(linear.inputs), ['input', 'weight', 'bias']);
    assert.deepEqual([add.inputs.other, add.inputs.alpha], [1, 2]);
    assert.equal(to.inputs.dtype, 'float64');
    const same = (a: unknown, b: unknown) => identityOf(a as Tensor) === identityOf(b as Tensor);
    assert.ok(same(linear.inputs.input, x) && same(linear.inputs.weight, layer.weight));
    assert.ok(same(to.inputs.self, linear.outputs[0]) && !same(to.outputs[0], linear.outputs[0]));
    assert.ok(same(relu.outputs[0], add.outputs[0]) && same(y, relu.outputs[0])); // in place
    assert.ok(Math.abs((values.at(-1) as number) - Number(y.sum().item())) < 1e-12);
    layer.dispose();
  }));

test('lists of tensors are told as such, and nothing is told afterwards, also after an error', () =>
  scope(() => {
    const x = tensor([1, 2], { dtype: 'float32' });
    const calls: OperatorCall[] = [];
    const told = (call: OperatorCall) => void calls.push(call);
    recordOperators(told, () => void x.split(1));
    assert.deepEqual(
      calls.map(({ outputs }) => outputs.map(({ shape }) => shape)),
      [[[1], [1]]],
    );
    assert.throws(() =>
      recordOperators(told, () => {
        throw new Error('no');
      }),
    );
    x.relu();
    assert.equal(calls.length, 1);
  }));
