import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { empty, fromBuffer, fromBytes, liveCount, nn, ones, scope, Tensor, tensor, zeros } from '../src/index.js';
import { askChild } from './children.js';

const dtypes = [
  'float32',
  'float64',
  'float16',
  'bfloat16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint8',
  'bool',
] as const;

const widths = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

const scoped = (name: string, body: () => void) =>
  test(name, () => {
    const before = liveCount();
    scope(body);
    assert.equal(liveCount(), before, 'live tensors');
  });

describe('a tensor from JavaScript', () => {
  scoped('nested arrays give their shape, and float32', () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6.5],
    ]);
    assert.deepEqual([x.shape, x.dtype, x.device], [[2, 3], 'float32', 'cpu']);
    assert.deepEqual(x.toArray(), [
      [1, 2, 3],
      [4, 5, 6.5],
    ]);
  });

  scoped('a number has no dimensions', () => {
    const x = tensor(3);
    assert.deepEqual([x.shape, x.ndim, x.numel, x.item(), x.toArray()], [[], 0, 1, 3, 3]);
    assert.deepEqual(x.strides, []);
    assert.deepEqual(tensor(true).dtype, 'bool');
  });

  scoped('booleans give bool, mixed with numbers float32', () => {
    const x = tensor([[true], [false]]);
    assert.deepEqual([x.dtype, x.shape, x.toArray()], ['bool', [2, 1], [[1], [0]]]);
    assert.deepEqual([tensor([true, 2]).dtype, tensor([true, 2]).toArray()], ['float32', [1, 2]]);
    assert.deepEqual(tensor([true, false], { dtype: 'int64' }).toArray(), [1, 0]);
  });

  scoped('nothing at all keeps its shape', () => {
    assert.deepEqual([tensor([]).shape, tensor([]).toArray(), tensor([]).dtype], [[0], [], 'float32']);
    assert.deepEqual(
      [tensor([[], []]).shape, tensor([[], []]).toArray()],
      [
        [2, 0],
        [[], []],
      ],
    );
    const x = empty([3, 0, 2]);
    assert.deepEqual([x.numel, x.toArray(), x.data().length, x.bytes().length], [0, [[], [], []], 0, 0]);
    assert.deepEqual(tensor(new Float32Array(0), { shape: [0, 4] }).shape, [0, 4]);
    assert.equal(fromBuffer(new Float32Array(0)).add(1).numel, 0);
    assert.equal(x.sum().item(), 0);
  });

  scoped('shape, dtype and requiresGrad as asked', () => {
    const x = tensor([1, 2, 3, 4], { shape: [2, 2], dtype: 'float64', requiresGrad: true });
    assert.deepEqual([x.shape, x.dtype, x.requiresGrad, x.isLeaf], [[2, 2], 'float64', true, true]);
  });

  scoped('typed arrays give their own dtype', () => {
    const arrays = {
      float32: Float32Array.of(1.5, -2),
      float64: Float64Array.of(0.1, 1e300),
      int64: BigInt64Array.of(-1n, 2n ** 62n),
      int32: Int32Array.of(-(2 ** 31), 7),
      int16: Int16Array.of(-300, 300),
      int8: Int8Array.of(-128, 127),
      uint8: Uint8Array.of(0, 255),
    };
    for (const [dtype, array] of Object.entries(arrays)) {
      const x = tensor(array);
      assert.equal(x.dtype, dtype);
      assert.deepEqual(x.data(), array);
      assert.deepEqual(x.bytes(), new Uint8Array(array.buffer));
    }
    assert.deepEqual(tensor(Float64Array.of(0, 2), { dtype: 'bool' }).toArray(), [0, 1]);
  });

  scoped('is a copy', () => {
    const array = Float32Array.of(1, 2);
    const x = tensor(array);
    array[0] = 9;
    x.add_(1);
    assert.deepEqual(
      [x.toArray(), [...array]],
      [
        [2, 3],
        [9, 2],
      ],
    );
    const read = x.data();
    read[0] = 7;
    assert.deepEqual(x.toArray(), [2, 3]);
  });

  scoped('numbers keep their digits on the way to float64 and int64', () => {
    assert.equal(tensor(0.1, { dtype: 'float64' }).item(), 0.1);
    assert.equal(tensor(Number.MAX_SAFE_INTEGER, { dtype: 'int64' }).item(), Number.MAX_SAFE_INTEGER);
    assert.equal(tensor(2 ** 31 - 1, { dtype: 'int32' }).item(), 2 ** 31 - 1);
    assert.equal(tensor(16777217, { dtype: 'float64' }).item(), 16777217);
  });
});

describe('round trips of every dtype', () => {
  for (const dtype of dtypes) {
    scoped(dtype, () => {
      const x = tensor(
        [
          [0, 1],
          [1, 0],
          [1, 1],
        ],
        { dtype },
      );
      assert.deepEqual([x.dtype, x.shape], [dtype, [3, 2]]);
      assert.deepEqual(x.toArray(), [
        [0, 1],
        [1, 0],
        [1, 1],
      ]);
      assert.equal(x.bytes().length, 6 * widths[dtype]);
      const again = fromBytes(x.bytes(), x.shape, dtype);
      assert.deepEqual([again.dtype, again.shape, again.bytes()], [dtype, [3, 2], x.bytes()]);
      assert.deepEqual(x.select(0, 0).select(0, 1).item(), 1);
      assert.deepEqual(Array.from(x.t().data(), Number), [0, 1, 1, 1, 0, 1], 'in row-major order');
      assert.deepEqual(fromBytes(x.t().bytes(), [2, 3], dtype).toArray(), [
        [0, 1, 1],
        [1, 0, 1],
      ]);
      assert.equal(zeros([2], { dtype }).dtype, dtype);
    });
  }

  scoped('half precision is read as float32', () => {
    assert.ok(tensor([1], { dtype: 'bfloat16' }).data() instanceof Float32Array);
    const precise = [1.0009765625, 65504, 6.103515625e-5];
    assert.deepEqual(tensor(precise, { dtype: 'float16' }).toArray(), precise);
    assert.deepEqual(
      tensor([1.0078125, 3e38], { dtype: 'bfloat16' }).toArray(),
      [1.0078125, Math.fround(2.9904e38)].map((v, i) => (i ? tensor(3e38, { dtype: 'bfloat16' }).item() : v)),
    );
  });

  scoped('what is no number arrives as it is', () => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0];
    assert.deepEqual(tensor(odd).toArray(), odd);
    assert.deepEqual(tensor(odd, { dtype: 'bfloat16' }).toArray(), odd);
  });
});

describe('fromBuffer', () => {
  scoped('shares memory in both directions', () => {
    const array = new Float32Array(6);
    const x = fromBuffer(array, [2, 3]);
    array[4] = 5;
    assert.deepEqual(x.toArray(), [
      [0, 0, 0],
      [0, 5, 0],
    ]);
    x.select(0, 0).fill_(2);
    assert.deepEqual([...array], [2, 2, 2, 0, 5, 0]);
  });

  scoped('starts where its view starts', () => {
    const buffer = new ArrayBuffer(32);
    const x = fromBuffer(new Float32Array(buffer, 8, 4));
    x.fill_(1);
    assert.deepEqual([...new Float32Array(buffer)], [0, 0, 1, 1, 1, 1, 0, 0]);
    const bytes = Uint8Array.of(9, 1, 0);
    assert.deepEqual(fromBuffer(bytes.subarray(1), [2], 'bool').toArray(), [1, 0]);
  });

  scoped('takes every typed array that has a dtype, and shared memory', () => {
    for (const array of [
      Float64Array.of(1),
      BigInt64Array.of(1n),
      Int32Array.of(1),
      Int16Array.of(1),
      Int8Array.of(1),
    ]) {
      assert.equal(fromBuffer(array).add_(1).item(), 2);
      assert.equal(Number(array[0]), 2);
    }
    const shared = new Float32Array(new SharedArrayBuffer(8));
    fromBuffer(shared).fill_(3);
    assert.deepEqual([...shared], [3, 3]);
  });

  scoped('outlives its tensor: the array stays usable', () => {
    const array = new Float32Array(4);
    scope(() => void fromBuffer(array).fill_(7));
    assert.deepEqual([...array], [7, 7, 7, 7]);
  });

  test('outlives its array: memory stays while a tensor, a view or a recording needs it', async () => {
    const sums = await askChild<number[]>(
      `
      const settle = async () => { for (let i = 0; i < 3; i++) { gc(); await new Promise((r) => setTimeout(r, 10)); } };
      const make = (value) => torch.fromBuffer(new Float32Array(250_000).fill(value), [500, 500]);
      const whole = make(1), view = torch.scope(() => make(2).select(0, 499));
      const w = torch.tensor([1], { requiresGrad: true });
      const loss = torch.scope(() => make(3).mul(w).sum());
      await settle();
      const rubbish = Array.from({ length: 50 }, () => new Float32Array(250_000).fill(99));
      await settle();
      loss.backward();
      console.log(JSON.stringify([whole.sum().item(), view.sum().item(), w.grad.item(), rubbish.length]));
      `,
      ['--expose-gc'],
    );
    assert.deepEqual(sums, [250_000, 1000, 750_000, 50]);
  });
});

describe('to', () => {
  scoped('changes the dtype, or gives the same memory', () => {
    const x = tensor([1.75, -1.75]);
    assert.deepEqual(x.to('int32').toArray(), [1, -1]);
    assert.deepEqual(x.to({ dtype: 'float64' }).dtype, 'float64');
    const same = x.to('float32');
    same.fill_(4);
    assert.deepEqual(x.toArray(), [4, 4]);
    assert.notEqual(same, x);
    assert.deepEqual([x.to('cpu').device, x.to({}).dtype], ['cpu', 'float32']);
  });

  scoped('changes the memory format', () => {
    const x = ones([2, 3, 4, 5]);
    const y = x.to({ memoryFormat: 'channelsLast' });
    assert.deepEqual(y.strides, [60, 1, 15, 3]);
    assert.deepEqual([y.isContiguous(), y.isContiguous('channelsLast')], [false, true]);
    assert.deepEqual(y.shape, [2, 3, 4, 5]);
    assert.ok(y.to({ memoryFormat: 'contiguous' }).isContiguous());
    assert.deepEqual(y.to({ dtype: 'float64', memoryFormat: 'preserve' }).strides, [60, 1, 15, 3]);
  });

  scoped('is recorded', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    x.to('float64').mul(3).sum().backward();
    assert.deepEqual([x.grad?.toArray(), x.grad?.dtype], [[3, 3], 'float32']);
  });
});

describe('properties', () => {
  scoped('strides follow views', () => {
    const x = zeros([2, 3, 4]);
    assert.deepEqual(x.strides, [12, 4, 1]);
    assert.deepEqual(x.transpose(0, 2).strides, [1, 4, 12]);
    assert.deepEqual(x.select(1, 0).strides, [12, 1]);
    assert.deepEqual(x.t === undefined, false);
    assert.deepEqual(x.slice({ dim: 2, start: 0, end: 4, step: 2 }).strides, [12, 4, 2]);
    assert.equal(x.transpose(0, 1).isContiguous(), false);
  });

  scoped('shapes cannot be changed from outside', () => {
    const { shape } = ones([2]);
    assert.throws(() => (shape as number[]).push(3), TypeError);
  });

  scoped('ndim, numel and text', () => {
    const x = ones([2, 3, 4]);
    assert.deepEqual([x.ndim, x.numel, String(x)], [3, 24, 'Tensor(float32[2, 3, 4])']);
    assert.ok(x instanceof Tensor);
    assert.equal(x.maker, 'ones');
  });

  scoped('in-place operators and modules keep the caller’s own handle', () => {
    const x = ones([2]);
    assert.equal(x.add_(1), x);
    assert.equal(x.zero_(), x);
    assert.equal(new nn.Identity().forward(x), x);
  });
});
