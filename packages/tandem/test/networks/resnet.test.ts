import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveCount, manualSeed, nn, noGrad, scope, type Tensor } from 'tandem-torch';
import {
  type Architecture,
  backbones,
  buildEncoder,
  type Encoder,
  Head,
  mlpHead,
  type Stem,
  stemFor,
} from '../../src/networks/index.js';
import { assertClose, elements, fixture, hash, hashed, normal } from '../support.js';

interface Network {
  readonly stem: 'imagenet' | 'cifar';
  readonly parameterCount: number;
  readonly parameterTensors: number;
  readonly runningBuffers: number;
  readonly batchCounters: number;
  readonly convolutions: number;
  readonly batchNorms: number;
  readonly parameterNames: readonly string[];
  readonly state: Readonly<Record<string, readonly number[]>>;
  readonly forward: {
    readonly images: readonly number[];
    readonly evalFeatures: readonly number[];
    readonly trainFeatures: readonly number[];
    readonly runningMeanAfter: Readonly<Record<string, readonly number[]>>;
  };
}

const { networks } = fixture<{ networks: readonly Network[] }>('resnet');

const full: Architecture = { backbone: 'resnet18', width: 64, stem: 'small', channels: 3 };
const small: Architecture = { backbone: 'resnet10', width: 4, stem: 'small', channels: 3 };

/** Builds, uses and frees an encoder. */
function using<T>(architecture: Architecture, fn: (encoder: Encoder) => T): T {
  const encoder = buildEncoder(architecture);
  try {
    return scope(() => fn(encoder));
  } finally {
    encoder.dispose();
  }
}

function scalars(module: nn.Module): number {
  return module.parameters().reduce((sum, x) => sum + x.numel, 0);
}

function count(module: nn.Module, type: typeof nn.Conv2d | typeof nn.BatchNorm2d): number {
  return module.modules().filter((part) => part instanceof type).length;
}

/** The fixture's formula for the weights of the t-th tensor; the images are t = 1000. */
function byFormula(shape: readonly number[], t: number, scale: number, shift: number): Tensor {
  return hashed(shape, t).sub(0.5).mul(scale).add(shift);
}

function fillByFormula(encoder: Encoder): void {
  const floats = Object.entries(encoder.stateDict()).filter(([, x]) => x.dtype !== 'int64');
  noGrad(() => {
    floats.forEach(([name, x], t) => {
      const [outputs = 1, , height = 1, width = 1] = x.shape;
      const [scale, shift] =
        x.ndim === 4
          ? [Math.sqrt(24 / (outputs * height * width)), 0]
          : name.endsWith('running_var') || name.endsWith('weight')
            ? [1, 1]
            : [0.2, 0];
      scope(() => x.copy_(byFormula(x.shape, t, scale, shift)));
    });
  });
}

describe('ResNet-18 and torchvision', () => {
  for (const expected of networks) {
    const stem: Stem = expected.stem === 'cifar' ? 'small' : 'standard';
    test(`${stem} stem: counts, names and shapes`, () =>
      using({ ...full, stem }, (encoder) => {
        assert.equal(scalars(encoder), stem === 'small' ? 11_168_832 : 11_176_512);
        assert.equal(scalars(encoder), expected.parameterCount);
        assert.equal(count(encoder, nn.Conv2d), 20);
        assert.equal(count(encoder, nn.BatchNorm2d), 20);
        assert.deepEqual([expected.convolutions, expected.batchNorms], [20, 20]);
        assert.equal(encoder.parameters().length, 60);
        assert.ok(encoder.parameters().every((x) => x.requiresGrad));
        const buffers = encoder.namedBuffers();
        assert.equal(buffers.filter(([, x]) => x.dtype === 'float32').length, 40);
        assert.equal(buffers.filter(([, x]) => x.dtype === 'int64').length, 20);
        assert.deepEqual(
          encoder.namedParameters().map(([name]) => name),
          expected.parameterNames,
        );
        const state = Object.entries(encoder.stateDict()).map(([name, x]) => [name, [...x.shape]]);
        assert.deepEqual(state, Object.entries(expected.state));
        assert.equal(encoder.featureWidth, 512);
      }));

    test(`${stem} stem: forward in evaluation and in training mode, float64`, () =>
      using({ ...full, stem }, (encoder) => {
        encoder.to({ dtype: 'float64' });
        fillByFormula(encoder);
        const { images, evalFeatures, trainFeatures, runningMeanAfter } = expected.forward;
        const x = byFormula(images, 1000, 1, 0.5);
        const first = (y: Tensor) => y.narrow(0, 0, 2).narrow(1, 0, 64).contiguous();
        noGrad(() => {
          const evaluated = encoder.eval().forward(x);
          assert.deepEqual([...evaluated.shape], [4, 512]);
          assertClose(first(evaluated), evalFeatures, { atol: 2e-9, rtol: 1e-9 });
          assertClose(first(encoder.train().forward(x)), trainFeatures, { atol: 2e-9, rtol: 1e-9 });
        });
        for (const [name, values] of Object.entries(runningMeanAfter)) {
          const buffer = encoder.stateDict()[name] as Tensor;
          assertClose(elements(buffer).slice(0, values.length), values, { atol: 2e-9 });
        }
      }));
  }

  test('a width of its own scales every stage, and the others have their blocks', () => {
    using({ ...small, backbone: 'resnet18' }, (encoder) => {
      assert.equal(encoder.featureWidth, 32);
      assert.deepEqual([...(encoder.stateDict()['layer4.0.conv1.weight'] as Tensor).shape], [32, 16, 3, 3]);
    });
    using(small, (encoder) => assert.equal(count(encoder, nn.Conv2d), 1 + 4 * 2 + 3));
    using({ ...small, backbone: 'resnet34' }, (encoder) => assert.equal(count(encoder, nn.Conv2d), 1 + 2 * 16 + 3));
    assert.deepEqual(backbones.slice(0, 4), ['resnet8', 'resnet10', 'resnet18', 'resnet34']);
  });
});

describe('networks that torchvision does not have', () => {
  test('resnet8 ends after three stages', () =>
    using({ ...small, backbone: 'resnet8' }, (encoder) => {
      assert.equal(encoder.featureWidth, 16);
      assert.equal(count(encoder, nn.Conv2d), 1 + 3 * 2 + 2);
      assert.ok(Object.keys(encoder.stateDict()).every((name) => !name.startsWith('layer4')));
      const y = noGrad(() => encoder.forward(normal([2, 3, 16, 16], 1, 'float32')));
      assert.deepEqual([...y.shape], [2, 16]);
    }));

  test('features sets the width of the last stage alone', () => {
    for (const [backbone, last, before] of [
      ['resnet8', 'layer3', 8],
      ['resnet10', 'layer4', 16],
    ] as const) {
      using({ ...small, backbone, features: 24 }, (encoder) => {
        assert.equal(encoder.featureWidth, 24);
        const shape = (name: string) => [...(encoder.stateDict()[name] as Tensor).shape];
        assert.deepEqual(shape(`${last}.0.conv1.weight`), [24, before, 3, 3]);
        assert.deepEqual(shape(`${last}.0.conv2.weight`), [24, 24, 3, 3]);
        assert.deepEqual(shape('layer2.0.conv1.weight'), [8, 4, 3, 3]);
        const y = noGrad(() => encoder.forward(normal([2, 3, 16, 16], 1, 'float32')));
        assert.deepEqual([...y.shape], [2, 24]);
      });
    }
  });
});

describe('stems', () => {
  test('small below 64 pixels, standard from there on', () => {
    assert.deepEqual([28, 32, 63, 64, 96, 224].map(stemFor), [
      'small',
      'small',
      'small',
      'standard',
      'standard',
      'standard',
    ]);
  });

  /** Side of the last map, for each stem and side of the images. */
  const maps: [Stem, number, number][] = [
    ['small', 32, 4],
    ['small', 28, 4],
    ['strided', 32, 2],
    ['standard', 32, 1],
    ['standard', 64, 2],
    ['standard', 96, 3],
    ['standard', 224, 7],
    ['small', 8, 1],
  ];
  for (const [stem, side, last] of maps) {
    for (const channels of [1, 3]) {
      test(`${stem} at ${side} pixels, ${channels} channels: a last map of ${last} x ${last}`, () =>
        using({ ...small, stem, channels }, (encoder) => {
          const net = encoder as Encoder & { layer4: nn.Sequential };
          const forward = net.layer4.forward.bind(net.layer4);
          let shape: readonly number[] = [];
          net.layer4.forward = (x) => {
            const y = forward(x);
            shape = y.shape;
            return y;
          };
          const y = noGrad(() => encoder.forward(normal([2, channels, side, side], 1, 'float32')));
          assert.deepEqual([...shape], [2, 32, last, last]);
          assert.deepEqual([...y.shape], [2, 32]);
        }));
    }
  }

  test('convolutions of the stem: 3x3 stride 1 or 2, 7x7 stride 2 with pooling; none has a bias', () => {
    for (const [stem, kernel, stride] of [
      ['small', 3, 1],
      ['strided', 3, 2],
      ['standard', 7, 2],
    ] as const) {
      using({ ...small, stem }, (encoder) => {
        const net = encoder as Encoder & { conv1: nn.Conv2d; maxpool: nn.MaxPool2d | null };
        assert.deepEqual([...net.conv1.weight.shape], [4, 3, kernel, kernel]);
        assert.equal(net.conv1.options.stride, stride);
        assert.equal(net.conv1.options.padding, (kernel - 1) / 2);
        assert.equal(net.maxpool !== null, stem === 'standard');
        for (const part of net.modules()) if (part instanceof nn.Conv2d) assert.equal(part.bias, null);
      });
    }
  });
});

describe('building', () => {
  test('an unknown backbone is an error that names the known ones and the nearest', () => {
    const build = (backbone: string) => () => buildEncoder({ ...small, backbone });
    assert.throws(build('resnet81'), {
      name: 'UserError',
      message:
        /unknown backbone 'resnet81'; there is resnet8, resnet10, resnet18, .*, vit-large\. Did you mean 'resnet\d+'\?$/,
    });
    for (const odd of ['constructor', '__proto__', 'toString', '']) {
      assert.throws(build(odd), { name: 'UserError', message: /unknown backbone/ }, odd);
    }
  });

  test('initial weights: Kaiming-normal by fan-out, norms 1 and 0, Linear uniform within 1 / sqrt(fan-in)', () => {
    manualSeed(5);
    using({ ...full, width: 16 }, (encoder) => {
      for (const [name, x] of Object.entries(encoder.stateDict())) {
        if (x.ndim === 4) {
          const [outputs, , kernel] = x.shape as [number, number, number];
          const std = Math.sqrt(2 / (outputs * kernel * kernel));
          const spread = 4 / Math.sqrt(2 * x.numel); // four standard errors
          assertClose(x.std([0, 1, 2, 3]).item(), std, { rtol: spread, label: name });
          assertClose(x.mean().item(), 0, { atol: (4 * std) / Math.sqrt(x.numel), label: name });
          assert.ok(x.abs().max().item() > 2.5 * std, `${name} is normal, not uniform`);
        } else if (x.dtype === 'float32') {
          const value = /weight|running_var/.test(name) ? 1 : 0;
          assert.ok(
            elements(x).every((e) => e === value),
            name,
          );
        }
      }
    });
    const head = new Head(mlpHead(256, 2, 64, 32));
    for (const [name, x] of head.namedParameters().filter(([, x]) => x.ndim === 2)) {
      const bound = 1 / Math.sqrt(x.shape[1] as number);
      const largest = x.abs().max().item();
      assert.ok(largest <= bound && largest > 0.98 * bound, name);
      assertClose(x.std([0, 1]).item(), bound / Math.sqrt(3), { rtol: 0.05, label: name });
    }
    const bias = head.stateDict()['layers.1.0.bias'] as Tensor;
    assert.ok(bias.abs().max().item() <= 1 / 8 && bias.abs().max().item() > 0);
    head.dispose();
  });

  test('the default generator decides: one seed, the same bits', () => {
    const built = (seed: number) => {
      manualSeed(seed);
      return using(small, (encoder) => hash(encoder.parameters()));
    };
    assert.equal(built(1), built(1));
    assert.notEqual(built(1), built(2));
  });

  test('nothing is left alive after dispose', () => {
    const before = liveCount();
    using(small, (encoder) =>
      encoder
        .forward(normal([2, 3, 8, 8], 1, 'float32'))
        .sum()
        .item(),
    );
    assert.equal(liveCount(), before);
  });

  test('every parameter gets a gradient', () =>
    using(small, (encoder) => {
      encoder
        .forward(normal([4, 3, 16, 16], 1, 'float32'))
        .square()
        .sum()
        .backward();
      for (const [name, x] of encoder.namedParameters()) assert.ok(x.grad && x.grad.abs().sum().item() > 0, name);
    }));
});
