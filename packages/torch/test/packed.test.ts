import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  capabilities,
  conv2d,
  conv2dPack,
  conv2dPacked,
  inferenceMode,
  liveCount,
  manualSeed,
  nn,
  randn,
  scope,
  setThreads,
  type Tensor,
  threads,
} from '../src/index.js';
import { askChild } from './children.js';
import { distance } from './support.js';

const channelsLast = { memoryFormat: 'channelsLast' } as const;

const shapes = [
  [2, 3, 64, 7, 2, 3, 33, 20],
  [1, 16, 16, 1, 1, 0, 5, 4],
  [3, 64, 80, 3, 2, 1, 9, 12],
  [2, 40, 112, 3, 1, 1, 7, 7],
  [2, 64, 48, 1, 2, 0, 6, 7],
  [1, 5, 32, 2, 1, 0, 4, 4],
  [9, 512, 64, 3, 1, 1, 3, 3],
  [4, 16, 32, 3, 1, 1, 1, 1],
  [3, 32, 160, 3, 2, 1, 9, 8],
  [70, 64, 128, 1, 1, 0, 2, 1],
  [9, 256, 128, 3, 1, 1, 5, 4],
] as const;

describe('a packed convolution is the definition in float64, with bias, sum and ReLU', () => {
  for (const [n, inputs, outputs, side, stride, padding, height, width] of shapes) {
    for (const isWinograd of side === 3 && stride === 1 && inputs % 16 === 0 ? [false, true] : [false]) {
      test(`${n} of ${inputs} x ${height} x ${width} to ${outputs}, kernels of ${side} at ${stride}, Winograd ${isWinograd}`, () =>
        scope(() => {
          manualSeed(1);
          const [x, weight, bias] = [
            randn([n, inputs, height, width]).to(channelsLast),
            randn([outputs, inputs, side, side]),
            randn([outputs]),
          ];
          const exact = conv2d(x.to('float64'), weight.to('float64'), { bias: bias.to('float64'), stride, padding });
          const carried = randn(exact.shape).to(channelsLast);
          const kernels = conv2dPack(weight, isWinograd);
          const plain = conv2dPacked(x, kernels, bias, { stride, padding });
          const most = isWinograd ? 5e-6 : 2e-6;
          assert.ok(distance(plain, exact) < most, `${distance(plain, exact)}`);
          assert.ok(plain.isContiguous('channelsLast'));
          const all = conv2dPacked(x, kernels, bias, { stride, padding, carried, relu: true });
          assert.ok(distance(all, exact.add(carried.to('float64')).relu()) < most);
          // In the usual order too.
          const usual = { memoryFormat: 'contiguous' } as const;
          const given = { stride, padding, carried: carried.to(usual), relu: true };
          assert.ok(conv2dPacked(x.to(usual), kernels, bias, given).equal(all));
        }));
    }
  }
});

for (const [isWinograd, outputs] of [
  [false, 96],
  [true, 96],
  [false, 160],
] as const) {
  test(`an image gives the same bits in every batch, with every number of threads: Winograd ${isWinograd}, ${outputs} channels`, () => {
    const before = threads();
    try {
      scope(() => {
        manualSeed(2);
        const [x, weight, bias] = [
          randn([37, 64, 11, 10]).to(channelsLast),
          randn([outputs, 64, 3, 3]),
          randn([outputs]),
        ];
        const kernels = conv2dPack(weight, isWinograd);
        const of = (images: Tensor) => conv2dPacked(images, kernels, bias, { padding: 1, relu: true });
        const all = of(x);
        for (const count of [1, 2, 3]) {
          setThreads(count);
          for (const [from, n] of [
            [0, 37],
            [0, 1],
            [5, 1],
            [30, 7],
            [9, 16],
          ] as const) {
            assert.ok(of(x.narrow(0, from, n)).equal(all.narrow(0, from, n)), `${count} threads, ${n} from ${from}`);
          }
        }
      });
    } finally {
      setThreads(before);
    }
  });
}

for (const widest of ['default', 'avx2']) {
  test(`where vectors are at most ${widest}`, async () => {
    const errors = await askChild<number[]>(`
      process.env.ATEN_CPU_CAPABILITY = '${widest}';
      const { conv2d, conv2dPack, conv2dPacked, manualSeed, randn } = torch;
      manualSeed(0);
      const [x, w, bias] = [randn([2, 32, 9, 6]), randn([80, 32, 3, 3]), randn([80])];
      const theirs = conv2d(x, w, { bias, padding: 1 });
      const errors = [false, true].map((winograd) => {
        const ours = conv2dPacked(x, conv2dPack(w, winograd), bias, { padding: 1 });
        return ours.sub(theirs).norm().item() / theirs.norm().item();
      });
      console.log(JSON.stringify(errors));
    `);
    assert.ok(errors.length === 2 && Math.max(...errors) < 1e-5, `${errors}`);
  });
}

test('no images; and what does not fit is named', () =>
  scope(() => {
    const [weight, bias] = [randn([32, 16, 3, 3]), randn([32])];
    const [kernels, places] = [conv2dPack(weight, false), conv2dPack(weight, true)];
    for (const some of [kernels, places]) {
      assert.deepEqual([...conv2dPacked(randn([0, 16, 4, 4]), some, bias, { padding: 1 }).shape], [0, 32, 4, 4]);
    }
    const x = randn([1, 16, 4, 4]);
    assert.throws(() => conv2dPack(randn([30, 16, 3, 3]), false), /out a multiple of 16/);
    assert.throws(() => conv2dPack(randn([32, 16, 5, 5]), true), /Winograd's method takes kernels \[out, in, 3, 3\]/);
    assert.throws(() => conv2dPacked(randn([1, 8, 4, 4]), kernels, bias), /images \[n, 16, h, w\]/);
    assert.throws(() => conv2dPacked(x.to('float64'), kernels, bias), /float32 images/);
    assert.throws(() => conv2dPacked(x, weight.flatten(), bias), /expected kernels of conv2d_pack/);
    assert.throws(() => conv2dPacked(x, kernels, randn([16])), /a float32 bias \[32\]/);
    assert.throws(() => conv2dPacked(x, places, bias, { padding: 1, stride: 2 }), /do not go with these kernels/);
    assert.throws(() => conv2dPacked(randn([1, 16, 2, 2]), kernels, bias), /smaller than the kernels/);
    assert.throws(() => conv2dPacked(x, kernels, bias, { padding: 1, carried: x }), /what is added must be float32/);
    x.requiresGrad = true;
    assert.throws(() => conv2dPacked(x, kernels, bias), /has no gradient/);
  }));

test('nn.PackedConv2d computes what its convolution does, and says which have a packed form', {
  skip: capabilities().wideVectors ? false : 'no wide vectors',
}, () => {
  const before = liveCount();
  manualSeed(3);
  const convolutions = [
    new nn.Conv2d(64, 64, 3, { padding: 1 }),
    new nn.Conv2d(64, 32, 1, { stride: 2, bias: false }),
    new nn.Conv2d(3, 20, 3),
    new nn.Conv2d(16, 16, 3, { groups: 2 }),
    new nn.Conv2d(16, 16, 3, { dilation: 2 }),
    new nn.Conv2d(16, 16, 3, { stride: [1, 2] }),
    new nn.Conv2d(16, 16, 3).to({ dtype: 'float64' }),
  ];
  assert.deepEqual(convolutions.map(nn.PackedConv2d.fits), [true, true, false, false, false, false, false]);
  for (const each of convolutions.filter(nn.PackedConv2d.fits)) {
    const packed = new nn.PackedConv2d(each);
    scope(() => {
      const x = randn([2, 64, 7, 7]);
      const ours = inferenceMode(() => packed.forward(x, { relu: true }));
      const theirs = inferenceMode(() => each.eval().forward(x).relu().to('float64'));
      assert.ok(distance(ours, theirs) < 5e-6, `${distance(ours, theirs)}`);
    });
    packed.dispose();
  }
  for (const each of convolutions) each.dispose();
  assert.equal(liveCount(), before);
});
