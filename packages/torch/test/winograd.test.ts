import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  allocatedBytes,
  autocast,
  conv2d,
  conv2dWinograd,
  conv2dWinogradAfterNorm,
  grad,
  manualSeed,
  nn,
  noGrad,
  randn,
  scope,
  type Tensor,
  zeros,
} from '../src/index.js';
import { askChild } from './children.js';
import { normal, wide, withGradients } from './convolutions.js';
import { distance } from './support.js';

const channelsLast = { memoryFormat: 'channelsLast' } as const;

describe("convolution by Winograd's method and its gradients are those of the definition in float64", () => {
  for (const [n, inputs, outputs, height, width] of [
    [2, 16, 16, 4, 4],
    [3, 32, 16, 8, 8],
    [1, 16, 48, 7, 7],
    [2, 16, 32, 5, 6],
    [2, 16, 16, 1, 3],
    [2, 128, 64, 9, 2],
    [1, 16, 16, 33, 12],
    [3, 80, 64, 20, 17],
    [2, 272, 96, 34, 31],
    [1, 32, 32, 3, 5],
    [3, 96, 64, 20, 17],
    [5, 128, 160, 9, 6],
    [9, 64, 64, 12, 33],
    [2, 512, 256, 7, 7],
    [40, 256, 288, 8, 8],
  ] as const) {
    test(`[${n}, ${inputs}, ${height}, ${width}] to ${outputs} channels`, () => {
      manualSeed(0);
      scope(() => {
        const [x, w, g] = [
          normal(n, inputs, height, width),
          normal(outputs, inputs, 3, 3),
          normal(n, outputs, height, width),
        ];
        const ours = withGradients(conv2dWinograd, x, w, g);
        const theirs = withGradients((a, b) => conv2d(a, b, { padding: 1 }), wide(x), wide(w), wide(g));
        const errors = ours.map((value, i) => distance(value, theirs[i] as Tensor));
        assert.ok(Math.max(...errors) < 1e-5, `${errors}`);
        assert.ok(ours[0]?.isContiguous('channelsLast'));
      });
    });
  }
});

for (const widest of ['default', 'avx2']) {
  test(`its result and gradients where vectors are at most ${widest}`, async () => {
    const errors = await askChild<number[]>(`
      process.env.ATEN_CPU_CAPABILITY = '${widest}';
      const { conv2d, conv2dWinograd, grad, manualSeed, randn } = torch;
      manualSeed(0);
      const leaf = (shape) => Object.assign(randn(shape), { requiresGrad: true });
      const [x, w, g] = [leaf([2, 32, 9, 6]), leaf([80, 32, 3, 3]), randn([2, 80, 9, 6])];
      const all = (y) => [y, ...grad([y], [x, w], { gradOutputs: [g] })];
      const theirs = all(conv2d(x, w, { padding: 1 }));
      const errors = all(conv2dWinograd(x, w)).map((v, i) => v.sub(theirs[i]).norm().item() / theirs[i].norm().item());
      console.log(JSON.stringify(errors));
    `);
    assert.ok(errors.length === 3 && Math.max(...errors) < 1e-5, `${errors}`);
  });
}

test('the same bits from run to run', () => {
  scope(() => {
    manualSeed(0);
    const [x, w, g] = [normal(5, 64, 12, 12), normal(64, 64, 3, 3), normal(5, 64, 12, 12)];
    const [first, second] = [withGradients(conv2dWinograd, x, w, g), withGradients(conv2dWinograd, x, w, g)];
    for (const i of [0, 1, 2]) assert.ok(first[i]?.equal(second[i] as Tensor));
  });
});

test('tensors in the usual order are taken too, and one gradient alone', () => {
  manualSeed(0);
  scope(() => {
    const [x, w] = [randn([2, 16, 6, 6]), randn([16, 16, 3, 3])];
    assert.ok(distance(conv2dWinograd(x, w), conv2d(x, w, { padding: 1 })) < 1e-5);
    for (const learnt of [x, w]) {
      const [mine, reference] = [conv2dWinograd, (a: Tensor, b: Tensor) => conv2d(a, b, { padding: 1 })].map((f) => {
        learnt.requiresGrad = true;
        const [gradient] = grad([f(x, w).pow(2).sum()], [learnt]);
        learnt.requiresGrad = false;
        return gradient as Tensor;
      }) as [Tensor, Tensor];
      assert.ok(distance(mine, reference) < 1e-5);
    }
  });
});

test('no images, and a gradient that is one number for all', () => {
  scope(() => {
    const w = normal(16, 16, 3, 3);
    const none = normal(0, 16, 4, 4);
    const [dx, dw] = grad([conv2dWinograd(none, w).sum()], [none, w]) as [Tensor, Tensor];
    assert.deepEqual([dx.shape, dw.norm().item()], [[0, 16, 4, 4], 0]);
    const x = normal(2, 16, 6, 6);
    const [ours, theirs] = [conv2dWinograd(x, w), conv2d(x, w, { padding: 1 })].map((y) => grad([y.sum()], [x, w])) as [
      Tensor[],
      Tensor[],
    ];
    for (const i of [0, 1]) assert.ok(distance(ours[i] as Tensor, theirs[i] as Tensor) < 1e-5);
  });
});

test('under autocast it stays float32, on the way back too', () => {
  manualSeed(0);
  scope(() => {
    const [x, w] = [normal(2, 16, 6, 6), normal(16, 16, 3, 3)];
    const y = conv2dWinograd(x, w);
    assert.ok(autocast({}, () => conv2dWinograd(x, w)).equal(y));
    const gradient = () => grad([y.sum()], [w], { retainGraph: true })[0] as Tensor;
    assert.ok(autocast({}, gradient).equal(gradient()));
  });
});

test('what it cannot do is refused', () => {
  scope(() => {
    const x = randn([2, 16, 4, 4]);
    const expected = /conv2dWinograd.*expected float32 images .* multiples of 16/s;
    assert.throws(() => conv2dWinograd(x, randn([16, 16, 5, 5])), expected);
    assert.throws(() => conv2dWinograd(x, randn([8, 16, 3, 3])), expected);
    assert.throws(() => conv2dWinograd(x, randn([16, 32, 3, 3])), expected);
    assert.throws(() => conv2dWinograd(x.to('float64'), randn([16, 16, 3, 3])), expected);
    assert.throws(() => conv2dWinograd(x.reshape([16, 16, 2]), randn([16, 16, 3, 3])), expected);
  });
});

test('gradients have gradients, after a norm too', () => {
  manualSeed(0);
  scope(() => {
    const [x, w] = [normal(2, 16, 6, 6), normal(16, 16, 3, 3)];
    const norm = new nn.BatchNorm2d(16);
    const {
      weight: scale,
      bias: shift,
      runningMean,
      runningVar,
    } = norm as nn.BatchNorm2d & { weight: Tensor; bias: Tensor };
    const leaves = [x, w, scale];
    const second = (y: Tensor) => {
      const first = grad([y.pow(2).sum()], [x, w], { createGraph: true }) as Tensor[];
      return grad([first.reduce((sum, each) => sum.add(each.pow(2).sum()), zeros([]))], leaves, { allowUnused: true });
    };
    const afterNorm = conv2dWinogradAfterNorm(x, scale, shift, runningMean, runningVar, w, 0.1, 1e-5);
    for (const [mine, theirs] of [
      [conv2dWinograd(x, w), conv2d(x, w, { padding: 1 })],
      [afterNorm, conv2d(norm.forward(x.contiguous()).relu(), w, { padding: 1 })],
    ] as const) {
      const [a, b] = [second(mine), second(theirs)];
      a.forEach((value, i) => void assert.ok(!value || distance(value, (b[i] as Tensor).to('float64')) < 1e-4, `${i}`));
    }
  });
});

test('a wide Conv2d takes it in training, and only there', () => {
  manualSeed(0);
  scope(() => {
    const conv = new nn.Conv2d(128, 128, 3, { padding: 1 });
    conv.to(channelsLast);
    const x = randn([64, 128, 4, 4]).to(channelsLast);
    const definition = (images: Tensor) => conv2d(images, conv.weight, { bias: conv.bias, padding: 1 });
    const isDefinition = (y: Tensor, images: Tensor) => y.equal(definition(images));
    conv.train();
    const y = conv.forward(x);
    assert.equal(isDefinition(y, x), false);
    assert.ok(distance(y, definition(x).to('float64')) < 1e-5);
    const small = randn([256, 128, 3, 3]).to(channelsLast);
    for (const images of [x.contiguous(), x.narrow(0, 0, 32), small])
      assert.ok(isDefinition(conv.forward(images), images));
    assert.equal(autocast({}, () => conv.forward(x)).dtype, 'bfloat16');
    const strided = new nn.Conv2d(128, 128, 3, { padding: 1, stride: 2, bias: false });
    strided.to(channelsLast);
    const exact = conv2d(x.to('float64'), strided.weight.to('float64'), { padding: 1, stride: 2 });
    assert.ok(distance(strided.forward(x), exact) < 2e-6);
    conv.eval();
    assert.ok(isDefinition(conv.forward(x), x));
  });
});

test('with a norm before it: the same result, statistics and gradients, and a map less is kept', () => {
  manualSeed(0);
  scope(() => {
    const conv = new nn.Conv2d(32, 32, 3, { padding: 1, bias: false });
    conv.to(channelsLast);
    const norms = [new nn.BatchNorm2d(32), new nn.BatchNorm2d(32)] as const;
    const [scale, shift] = [randn([32]), randn([32])];
    noGrad(() => {
      for (const { weight, bias } of norms) [weight?.copy_(scale), bias?.copy_(shift)];
    });
    const [x, g] = [normal(8, 32, 16, 16), normal(8, 32, 16, 16)];
    const run = (norm: nn.BatchNorm2d, f: () => Tensor) => {
      const before = allocatedBytes();
      const y = scope(f);
      const kept = before === undefined ? undefined : (allocatedBytes() as number) - before;
      const leaves = [x, norm.weight, norm.bias, conv.weight] as Tensor[];
      return { y, kept, gradients: grad([y], leaves, { gradOutputs: [g] }) as Tensor[] };
    };
    const fused = run(norms[0], () => conv.forward(x, norms[0]));
    const apart = run(norms[1], () => conv.forward(norms[1].forward(x).relu_()));
    assert.ok(fused.y.equal(apart.y));
    assert.deepEqual(Object.keys(norms[0].stateDict()), Object.keys(norms[1].stateDict()));
    for (const [name, value] of Object.entries(norms[0].stateDict())) {
      assert.ok(value.equal(norms[1].stateDict()[name] as Tensor), name);
    }
    const errors = fused.gradients.map((value, i) => distance(value, (apart.gradients[i] as Tensor).to('float64')));
    assert.ok(errors.length === 4 && Math.max(...errors) < 1e-5, `${errors}`);
    const map = 4 * x.numel;
    const [less = map, more = 2 * map] = [fused.kept, apart.kept];
    assert.ok(Math.abs(more - less - map) < map / 8, `${less} and ${more} bytes are kept`);
    for (const norm of norms) norm.eval();
    conv.eval();
    assert.ok(conv.forward(x, norms[0]).equal(conv.forward(norms[1].forward(x).relu())));
  });
});
