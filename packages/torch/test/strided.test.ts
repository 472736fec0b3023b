import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  autocast,
  capabilities,
  conv2d,
  conv2dRecomputing,
  grad,
  manualSeed,
  nn,
  noGrad,
  randn,
  scope,
  type Tensor,
} from '../src/index.js';
import { normal, wide, withGradients } from './convolutions.js';
import { distance } from './support.js';

const steps = { stride: 2, padding: 1 } as const;

const strided = (x: Tensor, w: Tensor) => conv2d(x, w, steps);
const recomputing = (x: Tensor, w: Tensor) => conv2dRecomputing(x, w, steps);

describe('a 3x3 convolution with a stride of 2, and its gradients, are those of float64', () => {
  for (const [n, inputs, outputs, height, width] of [
    [1, 32, 32, 40, 26],
    [3, 32, 64, 19, 21],
    [18, 96, 32, 6, 10],
    [4, 64, 128, 16, 16],
    [65, 160, 96, 4, 4],
    [1030, 32, 32, 1, 1],
    [17, 256, 512, 8, 8],
    [2, 64, 64, 9, 7],
  ] as const) {
    test(`[${n}, ${inputs}, ${height}, ${width}] to ${outputs} channels`, () =>
      scope(() => {
        manualSeed(n);
        const [x, w] = [normal(n, inputs, height, width), normal(outputs, inputs, 3, 3)];
        const g = normal(n, outputs, Math.ceil(height / 2), Math.ceil(width / 2));
        const ours = withGradients(recomputing, x, w, g);
        const theirs = withGradients(strided, wide(x), wide(w), wide(g));
        const errors = ours.map((value, i) => distance(value, theirs[i] as Tensor));
        assert.ok(Math.max(...errors) < 2e-6, `${errors}`);
        assert.ok(ours.slice(0, 2).every((each) => each.isContiguous('channelsLast')));
        withGradients(recomputing, x, w, g).forEach(
          (again, i) => void assert.ok(again.equal(ours[i] as Tensor), `${i}`),
        );
      }));
  }
});

test('an image gives the same bits in every large batch, without gradients too', () =>
  scope(() => {
    manualSeed(1);
    const [x, w] = [normal(110, 64, 10, 6), normal(96, 64, 3, 3)];
    const y = conv2dRecomputing(x, w, steps);
    assert.ok(noGrad(() => conv2dRecomputing(x, w, steps)).equal(y));
    if (!capabilities().tiles) return;
    for (const [from, count] of [
      [0, 18],
      [40, 19],
      [70, 40],
    ] as const) {
      assert.ok(conv2dRecomputing(x.narrow(0, from, count), w, steps).equal(y.narrow(0, from, count)));
    }
  }));

test('one gradient alone, and gradients of gradients', () =>
  scope(() => {
    manualSeed(2);
    const [x, w] = [normal(3, 32, 20, 20), normal(32, 32, 3, 3)];
    const second = (f: typeof conv2d | typeof conv2dRecomputing, a: Tensor, b: Tensor) => {
      const [first] = grad([f(a, b, steps).pow(2).sum()], [a], { createGraph: true }) as [Tensor];
      return grad([first.pow(2).sum()], [b])[0] as Tensor;
    };
    assert.ok(distance(second(conv2dRecomputing, x, w), second(conv2d, wide(x), wide(w))) < 1e-5);
  }));

test('a strided Conv2d computes the same in training with and without gradients, and in bfloat16 under autocast', () =>
  scope(() => {
    manualSeed(3);
    const conv = new nn.Conv2d(64, 64, 3, { ...steps, bias: false });
    conv.to({ memoryFormat: 'channelsLast' });
    const x = randn([20, 64, 8, 8]).to({ memoryFormat: 'channelsLast' });
    const exact = conv2d(x.to('float64'), conv.weight.to('float64'), steps);
    conv.train();
    const y = conv.forward(x);
    assert.ok(noGrad(() => conv.forward(x)).equal(y));
    assert.ok(distance(y, exact) < 2e-6);
    assert.equal(autocast({}, () => conv.forward(x)).dtype, 'bfloat16');
    conv.eval();
    assert.ok(conv.forward(x).equal(conv2d(x, conv.weight, steps)));
    conv.dispose();
  }));
