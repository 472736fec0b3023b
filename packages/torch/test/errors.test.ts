import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import * as torch from '../src/index.js';
import {
  add,
  addcmul,
  autocast,
  cat,
  clamp,
  conv2d,
  crossEntropyLoss,
  dropout,
  expand,
  fromBuffer,
  fromBytes,
  grad,
  indexSelect,
  inferenceMode,
  linear,
  liveCount,
  matmul,
  noGrad,
  ones,
  pow,
  reshape,
  scope,
  type Tensor,
  tensor,
  topk,
  zeros,
} from '../src/index.js';
import { assertThrowsLine } from './messages.js';

/** What TypeScript would refuse, as JavaScript callers write it. */
// biome-ignore lint/suspicious/noExplicitAny: the tests pass what the types forbid
const untyped = (value: unknown) => value as any;

// Each body runs in a scope; afterwards nothing may be left over.
const lines = (name: string, body: () => void) =>
  test(name, () => {
    const before = liveCount();
    scope(body);
    assert.equal(liveCount(), before, 'live tensors');
  });

describe('shapes that do not fit: operator, shapes, cure', () => {
  lines('broadcasting', () => {
    assertThrowsLine(() => add(ones([2, 3]), ones([4, 5])), 'add(float32[2, 3], float32[4, 5]): ', 'to broadcast');
  });
  lines('matrix products', () => {
    const [a, b] = [ones([2, 3]), ones([4, 5])];
    assertThrowsLine(() => a.matmul(b), 'matmul(float32[2, 3], float32[4, 5]): ', 'inner sizes must be equal');
    assertThrowsLine(() => linear(a, b), 'linear(float32[2, 3], float32[4, 5]): ', 'inner sizes must be equal');
  });
  lines('convolution', () => {
    const call = () => conv2d(ones([2, 3, 8, 8]), ones([4, 5, 3, 3]), { stride: 2 });
    assertThrowsLine(call, 'conv2d(float32[2, 3, 8, 8], float32[4, 5, 3, 3], ', 'channel');
  });
  lines('reshape and view', () => {
    const x = ones([2, 3]);
    assertThrowsLine(() => reshape(x, [4]), 'reshape(float32[2, 3], [4]): ', 'multiply to the number of elements');
    assertThrowsLine(() => x.t().view([6]), 'view(float32[3, 2], [6]): ', 'reshape');
  });
  lines('dimensions', () => {
    assertThrowsLine(() => ones([2, 3]).sum(7), 'sum(float32[2, 3], [7]): ', 'count from 0');
    assertThrowsLine(() => ones([2, 3]).softmax(-3), 'softmax(float32[2, 3], -3): ', 'count from 0');
  });
  lines('lists of tensors, of which only the first are shown', () => {
    assertThrowsLine(
      () => cat([ones([2, 3]), ones([4, 5])]),
      'cat([float32[2, 3], float32[4, 5]]): ',
      'joined dimension',
    );
    const many = Array.from({ length: 200 }, (_, i) => ones([2, i + 1]));
    assertThrowsLine(() => cat(many), 'cat([float32[2, 1], float32[2, 2], float32[2, 3], float32[2, 4], ...]): ');
    assertThrowsLine(() => cat([]), 'cat([]): ');
  });
  lines('long lists of sizes stay short', () => {
    assertThrowsLine(() => expand(ones([2, 3]), Array(500).fill(1)), 'expand(float32[2, 3], [1, 1, ');
  });
  lines('indices and classes out of range', () => {
    const five = tensor([5], { dtype: 'int64' });
    assertThrowsLine(
      () => indexSelect(ones([2, 3]), 0, five),
      'indexSelect(float32[2, 3], 0, int64[1]): ',
      'below the size',
    );
    assertThrowsLine(() => ones([2, 3]).index([null, five]), 'index(float32[2, 3], [null, int64[1]]): ');
    assertThrowsLine(() => crossEntropyLoss(ones([1, 3]), five), 'crossEntropyLoss(float32[1, 3], int64[1]): ', '5');
  });
  lines('no memory', () => {
    assertThrowsLine(() => zeros([2 ** 50]), 'zeros([1125899906842624]): ', 'lower the batch size');
    assertThrowsLine(() => zeros([-1]), 'zeros([-1]): ', 'negative');
  });
});

describe('dtypes and devices', () => {
  lines('that do not fit', () => {
    const call = () => matmul(ones([2, 2]), ones([2, 2], { dtype: 'float64' }));
    assertThrowsLine(call, 'matmul(float32[2, 2], float64[2, 2]): ', 'x.to(dtype)');
    assertThrowsLine(() => ones([2], { dtype: 'int64' }).add_(0.5), 'add_(int64[2], 0.5): ', 'x.to(dtype)');
    const bits = ones([2], { dtype: 'bool' });
    assertThrowsLine(() => bits.sub(bits), 'sub(bool[2], bool[2]): ');
  });
  lines('that do not exist', () => {
    const listed = 'one of float32, float64, float16, bfloat16, int64, int32, int16, int8, uint8, bool';
    for (const dtype of ['float', 'FLOAT32', '', 'complex64', 'torch.float32']) {
      assertThrowsLine(() => zeros([2], untyped({ dtype })), 'zeros([2]', `unknown dtype '${dtype}'`, listed);
    }
    assertThrowsLine(() => ones([2]).to(untyped({ dtype: 'half' })), "to(float32[2], ?): unknown dtype 'half'", listed);
    assertThrowsLine(() => tensor([1], untyped({ dtype: 'half' })), "unknown dtype 'half'", listed);
    assertThrowsLine(() => ones([2]).sum(untyped({ dtype: 5 })), 'sum(float32[2]', "'dtype' must be a string");
    assertThrowsLine(
      () => zeros([2], { device: 'gpu' }),
      'zeros([2]',
      "unknown device 'gpu'",
      'cpu, cuda, cuda:1 or mps',
    );
    assertThrowsLine(() => ones([1]).to('flaot32'), 'to(float32[1], ?)', "'flaot32'");
    assertThrowsLine(() => ones([1]).to(untyped({ dType: 'float32' })), "to: unknown option 'dType'", 'it takes dtype');
  });
  lines('that this machine lacks', () => {
    if (torch.capabilities().cudaDevices > 0) return;
    assertThrowsLine(() => zeros([2], { device: 'cuda' }), 'zeros([2], cuda): ', 'use device cpu');
    assertThrowsLine(() => ones([2]).to('cuda'), 'to(float32[2], cuda): ', 'use device cpu');
    assertThrowsLine(() => torch.generatorState('cuda'), "generatorState('cuda'): ", 'use device cpu');
  });
});

describe('options', () => {
  lines('unknown ones are refused with the list of those there are', () => {
    const x = ones([2, 2]);
    const options = untyped({ strides: 2 });
    assertThrowsLine(
      () => conv2d(x, x, options),
      "conv2d(float32[2, 2], ...): unknown option 'strides'; it takes bias, stride",
    );
    assertThrowsLine(() => x.softmax(1, untyped({ axis: 1 })), "softmax(float32[2, 2], ...): unknown option 'axis'");
  });
  lines('of overloaded operators too', () => {
    const x = ones([2, 2]);
    const keepdims = untyped({ keepdims: true });
    assertThrowsLine(
      () => x.sum(keepdims),
      "sum(float32[2, 2], ...): unknown option 'keepdims'; it takes dtype, keepdim",
    );
    assertThrowsLine(() => x.sum(1, keepdims), "sum(float32[2, 2], ...): unknown option 'keepdims'");
    assertThrowsLine(
      () => x.add(x, untyped({ beta: 1 })),
      "add(float32[2, 2], ...): unknown option 'beta'; it takes alpha",
    );
    assertThrowsLine(
      () => untyped(x).mul(x, { out: x }),
      "mul(float32[2, 2], ...): unknown option 'out'; it takes none",
    );
  });
  lines('that belong to another form of the operator are no form', () => {
    assertThrowsLine(
      () => ones([2, 2]).sum(untyped({ keepdim: true })),
      'sum(float32[2, 2], { keepdim }): no form takes these',
    );
  });
  lines('must be an object', () => {
    const x = ones([2, 2]);
    for (const wrong of [null, 1, 'stride', [2], x]) {
      assertThrowsLine(() => conv2d(x, x, untyped(wrong)), 'conv2d(float32[2, 2], ...): expected an options object');
    }
  });
  lines('have values of their own kind', () => {
    const x = ones([1, 1, 4, 4]);
    assertThrowsLine(
      () => conv2d(x, x, untyped({ stride: 'two' })),
      'conv2d(float32[1, 1, 4, 4]',
      "'stride' must be an",
    );
    assertThrowsLine(() => conv2d(x, x, untyped({ bias: 3 })), 'conv2d: expected a Tensor, got 3');
    assertThrowsLine(
      () => topk(x, 1, untyped({ largest: 1 })),
      'topk(float32[1, 1, 4, 4]',
      "'largest' must be true or false",
    );
    assertThrowsLine(() => conv2d(x, x, untyped({ stride: null })), "'stride' must not be null");
  });
});

describe('arguments of the wrong kind', () => {
  lines('integers must be safe and whole', () => {
    for (const size of [2 ** 60, 2 ** 53, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      assertThrowsLine(() => zeros([size]), 'zeros(', "'size' must be a safe integer");
      assertThrowsLine(() => topk(ones([3]), size), 'topk(float32[3]', "'k' must be a safe integer");
      assertThrowsLine(() => ones([3]).sum(size), 'sum(float32[3]', "'dim' must be a safe integer");
    }
    assertThrowsLine(() => zeros(untyped(['2'])), "'size' must be an integer");
    assertThrowsLine(() => zeros(untyped([2n])), "'size' must be an integer");
    assertThrowsLine(() => zeros(untyped(5)), "'size' must be an array");
  });
  lines('a number is no tensor: handles are not numbers', () => {
    const x = ones([2]);
    assertThrowsLine(() => matmul(untyped(x.slot), x), `matmul: expected a Tensor, got ${x.slot}`);
    assertThrowsLine(() => add(untyped(x.slot), x), 'add(', 'no form takes these; there is add(self, other');
    assertThrowsLine(() => cat(untyped([x.slot, x])), `cat: expected a Tensor, got ${x.slot}`);
    assertThrowsLine(() => cat(untyped(x)), 'cat: expected an array of Tensors, got float32[2]');
    assertThrowsLine(() => torch.stack(untyped(x)), 'stack: expected an array of Tensors');
    assertThrowsLine(() => x.copy_(untyped(x.slot)), 'copy_: expected a Tensor');
    const lookalike = untyped({ slot: x.slot, generation: x.generation });
    assertThrowsLine(() => matmul(lookalike, x), 'matmul: expected a Tensor');
  });
  lines('a tensor is no number', () => {
    const x = ones([2]);
    assertThrowsLine(
      () => addcmul(x, x, x, untyped({ value: x })),
      'addcmul(float32[2], float32[2], float32[2]',
      "'value' must be a number",
    );
    assertThrowsLine(() => clamp(x, untyped({ min: x })), 'clamp(float32[2]', "'min' must be a number");
    assertThrowsLine(() => dropout(x, untyped(x), true), 'dropout(float32[2]', "'p' must be a number");
    assertThrowsLine(() => topk(x, untyped(x)), 'topk(float32[2]', "'k' must be an integer");
  });
  lines('strings, booleans, nothing', () => {
    const x = ones([2]);
    assertThrowsLine(
      () => pow(x, untyped('2')),
      "pow(float32[2], '2'): no form takes these; there is pow(self, exponent)",
    );
    assertThrowsLine(() => dropout(x, 0.5, untyped(1)), 'dropout(float32[2], 0.5', "'train' must be true or false");
    assertThrowsLine(() => matmul(x, untyped(undefined)), 'matmul: expected a Tensor, got undefined');
    assertThrowsLine(() => matmul(x, untyped(null)), 'matmul: expected a Tensor, got null');
    assertThrowsLine(() => x.add(untyped(undefined)), 'add(float32[2]): no form takes these');
    assertThrowsLine(() => torch.einsum('i,\nj->\nij', [x]), 'einsum(');
    assertThrowsLine(() => x.div(x, { roundingMode: 'up' }), "div(float32[2], float32[2], 'up'): ");
  });
});

describe('making tensors', () => {
  lines('shapes must fit the data', () => {
    assertThrowsLine(() => tensor([1, 2], { shape: [3] }), 'tensor: ', '12 bytes', '8');
    assertThrowsLine(() => fromBuffer(new Float32Array(2), [3]), 'fromBuffer: ', '12 bytes', '8');
    assertThrowsLine(() => fromBytes(new Uint8Array(7), [2], 'float32'), 'fromBytes: ', '8 bytes', '7');
    for (const shape of [[1.5], [-1], [Number.NaN], [2 ** 60], [2 ** 31, 2 ** 31], [2 ** 40, 2 ** 40, 0]]) {
      assertThrowsLine(() => tensor([1], { shape }), 'tensor: ');
      assertThrowsLine(() => fromBuffer(new Float64Array(0), shape), 'fromBuffer: ');
      assertThrowsLine(() => fromBytes(new Uint8Array(0), shape, 'float64'), 'fromBytes: ');
    }
  });
  lines('nested arrays must be even and hold numbers', () => {
    for (const ragged of [
      [[1], [2, 3]],
      [[1, 2], [3]],
      [1, [2]],
      [[1], 2],
      [[], [1]],
      [[[1]], [1]],
    ]) {
      assertThrowsLine(() => tensor(ragged), 'tensor: nested arrays must have equal lengths');
    }
    for (const wrong of ['1', null, undefined, {}, 1n, ones([1])]) {
      assertThrowsLine(() => tensor(untyped([wrong])), 'tensor: expected numbers');
      assertThrowsLine(() => tensor(untyped(wrong)), 'tensor: expected numbers');
    }
  });
  lines('integers must be whole', () => {
    for (const dtype of ['int64', 'int32', 'int16', 'int8', 'uint8'] as const) {
      for (const value of [1.5, Number.NaN, 2 ** 60, Number.NEGATIVE_INFINITY]) {
        assertThrowsLine(() => tensor([1, value], { dtype }), 'tensor: ', String(value), dtype);
      }
    }
  });
  lines('other arrays have no dtype', () => {
    assertThrowsLine(() => tensor(untyped(new Uint16Array(2))), 'tensor: ', 'Uint16Array', 'use a Float32Array');
    assertThrowsLine(() => fromBuffer(untyped(new Uint8ClampedArray(2))), 'fromBuffer: ', 'Uint8ClampedArray');
    assertThrowsLine(() => tensor(untyped(new DataView(new ArrayBuffer(4)))), 'tensor: ', 'DataView');
  });
  lines('memory that may shrink cannot be shared', () => {
    const Resizable = untyped(ArrayBuffer);
    const array = new Float32Array(new Resizable(8, { maxByteLength: 16 }));
    assertThrowsLine(() => fromBuffer(array), 'fromBuffer: the ArrayBuffer is resizable', 'tensor()');
    assert.deepEqual(tensor(array).shape, [2]);
  });
  lines('item needs one element', () => {
    assertThrowsLine(() => ones([2, 3]).item(), 'item: float32[2, 3]');
    assertThrowsLine(() => tensor(BigInt64Array.of(2n ** 60n)).item(), 'item: ', 'data()');
  });
});

describe('gradients', () => {
  let w: Tensor;
  beforeEach(() => {
    w = tensor([1, 2], { requiresGrad: true });
  });
  afterEach(() => w.dispose());

  lines('of what was not recorded', () => {
    const cure = 'set requiresGrad';
    assertThrowsLine(() => ones([2]).sum().backward(), 'backward(float32[]): ', cure);
    assertThrowsLine(() => noGrad(() => w.sum()).backward(), 'backward(float32[]): ', cure);
    assertThrowsLine(() => grad(ones([2]).sum(), [ones([2])]), 'grad([float32[]], [float32[2]]): ', cure);
  });
  lines('of what did not take part', () => {
    const other = tensor([1], { requiresGrad: true });
    assertThrowsLine(() => grad(w.sum(), [other]), 'grad([float32[]], [float32[1]]): ', 'allowUnused');
  });
  lines('of more than one number', () => {
    assertThrowsLine(() => w.mul(2).backward(), 'backward(float32[2]): ', 'reduce to one number');
    assertThrowsLine(() => w.mul(2).backward(ones([3])), 'backward(float32[2]): ', '[3]');
  });
  lines('twice through one recording', () => {
    const y = w.mul(w).sum();
    y.backward();
    assertThrowsLine(() => y.backward(), 'backward(float32[]): ', 'retainGraph: true');
  });
  lines('through what was overwritten', () => {
    const y = w.exp();
    y.add_(1);
    assertThrowsLine(() => y.sum().backward(), 'backward(float32[]): ', 'trailing _');
    assertThrowsLine(() => w.add_(1), 'add_(float32[2], 1): ', 'noGrad(() => ...)');
  });
  lines('of inference tensors', () => {
    const x = inferenceMode(() => ones([2]));
    assertThrowsLine(() => w.mul(x), 'mul(float32[2], float32[2]): ', 'outside inferenceMode');
  });
  lines('requiresGrad of integers, and switched off behind an operator', () => {
    const x = ones([2], { dtype: 'int64' });
    assertThrowsLine(
      () => {
        x.requiresGrad = true;
      },
      'requiresGrad(int64[2]): ',
      "x.to('float32')",
    );
    const y = w.mul(2);
    assertThrowsLine(
      () => {
        y.requiresGrad = false;
      },
      'requiresGrad(float32[2]): ',
      'detach()',
    );
  });
  lines('set to what is none', () => {
    const set = (gradient: unknown) => () => {
      w.grad = untyped(gradient);
    };
    assertThrowsLine(set(ones([3])), 'grad(float32[2]): ', 'float32[3]');
    assertThrowsLine(set(ones([2], { dtype: 'float64' })), 'grad(float32[2]): ', 'float64[2]');
    assertThrowsLine(set(5), 'grad: expected a Tensor, got 5');
    assert.equal(w.grad, null);
    assertThrowsLine(() => w.sum().backward(untyped(5)), 'backward: expected a Tensor, got 5');
    assertThrowsLine(() => grad(w.sum(), untyped([5])), 'grad: expected a Tensor, got 5');
  });
});

describe('modes and machine', () => {
  lines('promises are refused by every mode', () => {
    const later = async () => 1;
    for (const [name, run] of Object.entries({
      noGrad: () => noGrad(later),
      enableGrad: () => torch.enableGrad(later),
      inferenceMode: () => inferenceMode(later),
      autocast: () => autocast({}, later),
    })) {
      assertThrowsLine(run, `${name}: `, 'promise');
    }
  });
  lines('autocast takes half-precision types only', () => {
    assertThrowsLine(
      () => autocast(untyped({ dtype: 'int32' }), () => 1),
      "autocast: the dtype must be bfloat16 or float16, got 'int32'",
    );
    assertThrowsLine(() => autocast({ device: 'gpu' }, () => 1), "unknown device 'gpu'");
  });
  lines('seeds, states and threads', () => {
    for (const seed of [1.5, Number.NaN, 2 ** 60, '1']) {
      assertThrowsLine(() => torch.manualSeed(untyped(seed)), 'manualSeed: expected a safe integer', String(seed));
    }
    assertThrowsLine(() => torch.setGeneratorState(ones([2])), 'setGeneratorState(float32[2]): ', 'generatorState()');
    const short = zeros([3], { dtype: 'uint8' });
    assertThrowsLine(() => torch.setGeneratorState(short), 'setGeneratorState(uint8[3]): ');
    assertThrowsLine(() => torch.setThreads(0), 'setThreads: there must be at least 1');
    assertThrowsLine(() => torch.setThreads(1.5), 'setThreads: expected a safe integer, got 1.5');
  });
});
