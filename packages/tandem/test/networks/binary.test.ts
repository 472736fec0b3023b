import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { autocast, batchNorm, conv2d, manualSeed, nn, noGrad, scope, type Tensor, tensor } from 'tandem-torch';
import {
  type Architecture,
  BinaryConv2d,
  binarySign,
  buildEncoder,
  RPReLU,
  RSign,
  type Surrogate,
} from '../../src/networks/index.js';
import { assertClose, elements, fixture, normal } from '../support.js';
import { byFormula } from './filled.js';

interface Signs {
  readonly surrogate: Surrogate;
  readonly x: readonly string[];
  readonly sign: readonly number[];
  readonly slope: readonly number[];
}

interface Convolution {
  readonly kernel: number;
  readonly stride: number;
  readonly output: readonly number[];
  readonly inputGrad: readonly number[];
  readonly weightGrad: readonly number[];
}

const { signs, binaryConvolutions } = fixture<{ signs: Signs[]; binaryConvolutions: Convolution[] }>('networks');

function leaf(values: readonly number[]): Tensor {
  const x = tensor(Float64Array.from(values));
  x.requiresGrad = true;
  return x;
}

const signOf = (x: number) => (x >= 0 ? 1 : -1);

describe('sign', () => {
  for (const { surrogate, x: points, sign, slope } of signs) {
    test(`${surrogate}: values and slopes of a torch.autograd.Function, to the bit`, () =>
      scope(() => {
        const x = leaf(points.map(Number));
        const y = binarySign(x, surrogate);
        assert.deepEqual(elements(y), sign);
        y.sum().backward();
        assert.deepEqual(
          elements(x.grad as Tensor).map((s) => s + 0),
          slope.map((s) => s + 0),
        );
      }));
  }

  test('exactly +1 or -1 in every type, at 0 and -0 and for the largest numbers, recorded or not', () =>
    scope(() => {
      for (const dtype of ['float64', 'float32', 'bfloat16'] as const) {
        const x = tensor([0, -0, 1e-30, -1e-30, 3e38, -3e38, ...elements(normal([10_000], 1))], { dtype });
        const wanted = elements(x).map(signOf);
        assert.deepEqual(elements(binarySign(x, 'quadratic')), wanted);
        x.requiresGrad = true;
        const y = binarySign(x, 'quadratic');
        assert.equal(y.dtype, dtype);
        assert.deepEqual(elements(y), wanted);
      }
    }));

  test('slopes: 0 outside, exactly 1 (clip) and 2 - 2|x| (quadratic) inside; the area is 2', () =>
    scope(() => {
      const n = 4000;
      const values = Array.from({ length: n }, (_, i) => -2 + (4 * (i + 0.5)) / n);
      for (const [surrogate, inside] of [
        ['clip', () => 1],
        ['quadratic', (x: number) => 2 - 2 * Math.abs(x)],
      ] as const) {
        const x = leaf(values);
        binarySign(x, surrogate).sum().backward();
        const slopes = elements(x.grad as Tensor);
        assert.deepEqual(
          slopes.map((s) => s + 0),
          values.map((v) => (Math.abs(v) > 1 ? 0 : inside(v))),
        );
        assertClose(slopes.reduce((sum, s) => sum + s, 0) * (4 / n), 2, { atol: 1e-9 });
      }
    }));

  test('what is not a number is not hidden from training', () =>
    scope(() => assert.ok(Number.isNaN(binarySign(leaf([Number.NaN]), 'clip').item()))));
});

describe('binary convolution', () => {
  for (const { kernel, stride, ...expected } of binaryConvolutions) {
    test(`${kernel}x${kernel}, stride ${stride}: output and gradients of a torch.autograd.Function`, () =>
      scope(() => {
        const conv = new BinaryConv2d(3, 4, kernel, stride, true).to({ dtype: 'float64' });
        noGrad(() => conv.weight.copy_(byFormula(conv.weight.shape, 1, 3, 0)));
        const x = byFormula([2, 3, 5, 5], 2, 3, 0);
        x.requiresGrad = true;
        const y = conv.forward(binarySign(x, 'quadratic'));
        assertClose(y, expected.output, { atol: 2e-9 });
        y.mul(byFormula(y.shape, 3, 2, 0))
          .sum()
          .backward();
        assertClose(x.grad as Tensor, expected.inputGrad, { atol: 2e-9 });
        assertClose(conv.weight.grad as Tensor, expected.weightGrad, { atol: 2e-9 });
      }));
  }

  test('outputs over the scale are whole numbers, of the parity of the taps, at most as many as there are', () =>
    scope(() => {
      const conv = new BinaryConv2d(5, 6, 3, 1, true);
      const x = binarySign(normal([2, 5, 6, 7], 1, 'float32'), 'quadratic');
      const scale = conv.weight.abs().mean([1, 2, 3]).reshape([1, 6, 1, 1]);
      const [, , height, width] = x.shape as [number, number, number, number];
      const quotients = elements(conv.forward(x).div(scale));
      quotients.forEach((q, i) => {
        const [row, column] = [Math.floor(i / width) % height, i % width];
        const along = (at: number, length: number) => 3 - Number(at === 0) - Number(at === length - 1);
        const taps = 5 * along(row, height) * along(column, width);
        const whole = Math.round(q);
        assert.ok(Math.abs(q - whole) < 1e-5 && Math.abs(whole) <= taps && (whole - taps) % 2 === 0, `${q} at ${i}`);
      });
    }));

  for (const [kernel, stride] of [
    [1, 1],
    [3, 1],
    [3, 2],
  ] as const) {
    test(`${kernel}x${kernel}, stride ${stride}: is what counting unequal bits of the taps within the image gives`, () =>
      scope(() => {
        const [inputs, outputs, height, width] = [8, 3, 5, 4];
        const conv = new BinaryConv2d(inputs, outputs, kernel, stride, true);
        const x = binarySign(normal([1, inputs, height, width], 4, 'float32'), 'quadratic');
        /** A byte whose bits are the negative ones of eight numbers. */
        const packed = (values: number[]) => values.reduce((bits, v, i) => bits | (Number(v < 0) << i), 0);
        const unequal = (a: number, b: number) => [...(a ^ b).toString(2)].filter((bit) => bit === '1').length;
        const [signs, weights] = [elements(x), elements(conv.weight)];
        const column = (all: number[], from: number, step: number) =>
          packed(Array.from({ length: inputs }, (_, i) => all[from + i * step] as number));
        const half = (kernel - 1) / 2;
        const wanted: number[] = [];
        for (let o = 0; o < outputs; o++) {
          const own = weights.slice(o * inputs * kernel ** 2, (o + 1) * inputs * kernel ** 2);
          const scale = own.reduce((sum, w) => sum + Math.abs(w), 0) / own.length;
          for (let row = 0; row < height; row += stride) {
            for (let col = 0; col < width; col += stride) {
              let count = 0;
              for (let tap = 0; tap < kernel ** 2; tap++) {
                const [r, c] = [row - half + Math.floor(tap / kernel), col - half + (tap % kernel)];
                if (r < 0 || r >= height || c < 0 || c >= width) continue;
                const bits = column(signs, r * width + c, height * width);
                count += inputs - 2 * unequal(bits, column(own, tap, kernel ** 2));
              }
              wanted.push(count * scale);
            }
          }
        }
        assertClose(conv.forward(x), wanted, { rtol: 1e-5, atol: 1e-6 });
      }));
  }

  test('scaling the latent weights scales the output, not what batch norm makes of it; negating negates', () =>
    scope(() => {
      const conv = new BinaryConv2d(3, 4, 3, 1, true).to({ dtype: 'float64' });
      const x = binarySign(normal([4, 3, 6, 6], 1), 'quadratic');
      const normed = (y: Tensor) => batchNorm(y, null, null, null, null, true, 0.1, 1e-12, true);
      const before = conv.forward(x);
      noGrad(() => conv.weight.mul_(4));
      assert.deepEqual(elements(conv.forward(x)), elements(before.mul(4)));
      assertClose(normed(conv.forward(x)), normed(before), { atol: 1e-9 });
      noGrad(() => conv.weight.mul_(-1));
      assertClose(conv.forward(x), before.mul(-4), {});
    }));

  test("the latent weights' gradient is that of the effective weights within [-1, 1] and 0 outside", () =>
    scope(() => {
      const conv = new BinaryConv2d(3, 4, 3, 1, true).to({ dtype: 'float64' });
      noGrad(() => conv.weight.mul_(4));
      const x = binarySign(normal([2, 3, 5, 5], 1), 'quadratic');
      const cotangent = normal([2, 4, 5, 5], 2);
      conv.forward(x).mul(cotangent).sum().backward();
      const scale = conv.weight.detach().abs().mean([1, 2, 3], { keepdim: true });
      const effective = conv.weight.detach().ge(0).to('float64').mul(2).sub(1).mul(scale);
      effective.requiresGrad = true;
      conv2d(x, effective, { padding: 1 }).mul(cotangent).sum().backward();
      const inside = conv.weight.detach().abs().le(1);
      assert.ok(inside.logicalNot().any().item() && inside.any().item());
      assertClose(conv.weight.grad as Tensor, (effective.grad as Tensor).mul(inside), { atol: 1e-12 });
    }));

  test('weights of 0 do no harm, channels-last computes the same, bfloat16 the same whole numbers', () =>
    scope(() => {
      manualSeed(2);
      const conv = new BinaryConv2d(4, 4, 3, 1, true);
      const x = binarySign(normal([2, 4, 5, 5], 1, 'float32'), 'quadratic');
      const plain = conv.forward(x);
      assertClose(
        autocast({}, () => conv.forward(x)),
        plain,
        { rtol: 1e-6 },
      );
      conv.to({ memoryFormat: 'channelsLast' });
      assertClose(conv.forward(x.to({ memoryFormat: 'channelsLast' })), plain, { rtol: 1e-6 });
      noGrad(() => conv.weight.fill_(0));
      conv.forward(x).sum().backward();
      assert.ok(conv.weight.grad?.isfinite().all().item());
    }));

  test('with real weights it is an ordinary convolution, with the same names', () =>
    scope(() => {
      const [real, binary] = [false, true].map((on) => new BinaryConv2d(3, 4, 3, 2, on)) as [
        BinaryConv2d,
        BinaryConv2d,
      ];
      const x = normal([2, 3, 6, 6], 1, 'float32');
      assertClose(real.forward(x), conv2d(x, real.weight, { stride: 2, padding: 1 }), {});
      binary.loadStateDict(real.stateDict());
      assert.ok(binary.forward(x).sub(real.forward(x)).abs().max().item() > 0.1);
    }));
});

describe('RSign and RPReLU', () => {
  test('without shifts and at slope 1 they are sign and identity; the gradient of the shift sums that of x', () =>
    scope(() => {
      const rsign = new RSign(3, true).to({ dtype: 'float64' });
      const x = normal([2, 3, 4, 4], 1);
      x.requiresGrad = true;
      assert.deepEqual(elements(rsign.forward(x)), elements(x).map(signOf));
      noGrad(() => rsign.bias?.copy_(tensor([0.3, -0.2, 0.1], { dtype: 'float64' })));
      rsign
        .forward(x)
        .mul(normal([2, 3, 4, 4], 2))
        .sum()
        .backward();
      assertClose(rsign.bias?.grad as Tensor, (x.grad as Tensor).sum([0, 2, 3]), { atol: 1e-12 });
      const rprelu = new RPReLU(3).to({ dtype: 'float64' });
      assert.deepEqual(elements(rprelu.weight), [0.25, 0.25, 0.25]);
      noGrad(() => rprelu.weight.fill_(1));
      assertClose(rprelu.forward(x), x, {});
    }));
});

describe('binary networks', () => {
  /** Numbers of parameters by what they belong to. */
  function counts(architecture: Architecture) {
    const encoder = buildEncoder(architecture);
    const sum = (...types: (abstract new (...args: never[]) => nn.Module)[]) =>
      encoder
        .modules()
        .filter((part) => types.some((type) => part instanceof type))
        .flatMap((part) => part.parameters())
        .reduce((all, x) => all + x.numel, 0);
    const found = {
      binary: sum(BinaryConv2d),
      real: sum(nn.Conv2d),
      norms: sum(nn.BatchNorm2d),
      shifts: sum(RSign, RPReLU),
      all: encoder.parameters().reduce((all, x) => all + x.numel, 0),
      width: encoder.featureWidth,
    };
    encoder.dispose();
    return found;
  }
  const common = { stem: 'small', channels: 3 } as const;

  test('react-resnet18 with the stem of small images', () =>
    assert.deepEqual(counts({ backbone: 'react-resnet18', width: 64, ...common }), {
      binary: 10_985_472,
      real: 173_760,
      norms: 9_600,
      shifts: 14_912,
      all: 11_183_744,
      width: 512,
    }));

  test('bireal-resnet18 is the same without shifts', () =>
    assert.equal(counts({ backbone: 'bireal-resnet18', width: 64, ...common }).all, 11_183_744 - 14_912));

  test('reactnet-a: only the stem is a real convolution', () => {
    const found = counts({ backbone: 'reactnet-a', width: 32, channels: 3, stem: 'standard' });
    assert.deepEqual([found.binary, found.real, found.width], [28_253_184, 3 * 32 * 9, 1024]);
  });

  test('narrow ones, grey images, last stages of their own width; weights of the first step load into the second', () =>
    scope(() => {
      for (const architecture of [
        { backbone: 'react-resnet10', width: 4, channels: 1, stem: 'small', features: 24 },
        { backbone: 'bireal-resnet8', width: 6, channels: 3, stem: 'standard' },
        { backbone: 'reactnet-a', width: 4, channels: 3, stem: 'small' },
      ] satisfies Architecture[]) {
        const first = buildEncoder({ ...architecture, binary: 'activations' });
        const second = buildEncoder(architecture);
        second.loadStateDict(first.stateDict());
        const x = normal([4, architecture.channels, 33, 33], 1, 'float32');
        const [a, b] = [first, second].map((encoder) => encoder.forward(x)) as [Tensor, Tensor];
        assert.deepEqual([...b.shape], [4, second.featureWidth]);
        assert.ok(a.sub(b).abs().max().item() > 1e-3);
        b.square().sum().backward();
        for (const [name, p] of second.namedParameters()) assert.ok(p.grad?.abs().sum().item(), name);
      }
    }));
});
