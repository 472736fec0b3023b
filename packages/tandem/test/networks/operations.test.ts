import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nn, noGrad, scope, type Tensor } from 'tandem-torch';
import {
  BinaryConv2d,
  buildEncoder,
  countOperations,
  effectiveOperations,
  encoderOperations,
  newArchitecture,
  PrototypeHead,
} from '../../src/networks/index.js';
import { assertClose, hash, normal } from '../support.js';

function operations(backbone: string, size: number, settings = {}) {
  const encoder = buildEncoder(newArchitecture(backbone, settings, { size, channels: 3 }));
  try {
    return encoderOperations(encoder, { size, channels: 3 });
  } finally {
    encoder.dispose();
  }
}

describe('operation counts', () => {
  test('reactnet-a at 224: 0.12e8 real multiply-adds with its classifier, 0.87e8 operations', () => {
    const { macs, binaryMacs } = operations('reactnet-a', 224);
    assert.equal(macs, 10_838_016);
    const whole = { macs: macs + 1024 * 1000, binaryMacs };
    assertClose(whole.macs / 1e8, 0.1186, { atol: 5e-5 });
    assertClose(binaryMacs / 1e9, 4.817, { atol: 5e-4 });
    assertClose(effectiveOperations(whole) / 1e8, 0.871, { atol: 5e-4 });
  });

  test('resnet18 and resnet50 at 224, as the literature has them without the classifier', () => {
    // 7x7 stem, then 3x3 convolutions of 56, 28, 14 and 7 pixels, and the 1x1 shortcuts; He et al.
    // say 1.8e9 and 3.8e9 (v1.5: 4.1e9).
    const square = (side: number, inputs: number, outputs: number, kernel: number) =>
      side ** 2 * inputs * outputs * kernel ** 2;
    const stages = [1, 2, 3].map((i) => {
      const [side, channels] = [56 / 2 ** i, 64 * 2 ** i];
      const first = square(side, channels / 2, channels, 3) + square(side, channels / 2, channels, 1);
      return first + 3 * square(side, channels, channels, 3);
    });
    const wanted = square(112, 3, 64, 7) + 4 * square(56, 64, 64, 3) + stages.reduce((a, b) => a + b);
    assert.deepEqual(operations('resnet18', 224), { macs: wanted, binaryMacs: 0 });
    assertClose(wanted / 1e9, 1.814, { atol: 1e-3 });
    // 4.089 with fc, torchvision's table
    assertClose(operations('resnet50', 224).macs / 1e9, 4.087, { atol: 1e-3 });
  });

  test('vit-tiny at 224: 1.26e9 with attention', () => {
    const tokens = 197;
    const block = tokens * 192 * 192 * (3 + 1 + 8) + 2 * tokens ** 2 * 192;
    const wanted = 196 * 192 * 3 * 256 + 12 * block;
    assert.equal(operations('vit-tiny', 224).macs, wanted);
    assertClose(wanted / 1e9, 1.26, { atol: 0.01 });
  });

  test('the same layers binary or real: operations move from one count to the other', () => {
    const real = operations('react-resnet18', 32, { width: 8, binary: 'activations' });
    const binary = operations('react-resnet18', 32, { width: 8 });
    assert.equal(real.binaryMacs, 0);
    assert.equal(real.macs, binary.macs + binary.binaryMacs);
    assert.ok(binary.binaryMacs > 10 * binary.macs);
  });

  test('forward passes are told apart by whether they are recorded, heads included; nothing changes', () =>
    scope(() => {
      const network = new nn.Sequential(
        new nn.Conv2d(2, 4, 3, { groups: 2, bias: false }),
        new BinaryConv2d(4, 6, 1, 1, true),
        new nn.Flatten(),
        new nn.Linear(24, 5),
        new PrototypeHead({ widths: [5, 3], norm: false, prototypes: 7 }),
      );
      const x = normal([2, 2, 4, 4], 1, 'float32');
      const before = [hash(network.parameters()), hash([network.forward(x)])];
      const run = () => network.forward(x);
      const once = {
        macs: 2 * (4 * 4 * 9 + 24 * 5 + 5 * 3 + 3 * 7),
        binaryMacs: 2 * (4 * 6 * 4),
      };
      const none = { macs: 0, binaryMacs: 0 };
      assert.deepEqual(countOperations([network], run), { trained: once, untrained: none });
      const both = countOperations([network, network], () => noGrad(run));
      assert.deepEqual(both, { trained: none, untrained: once });
      const broken = () => {
        throw new Error('no');
      };
      assert.throws(() => countOperations([network], broken), /no/);
      assert.ok(network.modules().every((part) => !Object.hasOwn(part, 'forward')));
      assert.deepEqual([hash(network.parameters()), hash([network.forward(x)])], before);
    }));

  test('an encoder in training stays so, with its running statistics', () => {
    const encoder = buildEncoder({ backbone: 'resnet8', width: 4, stem: 'small', channels: 1 });
    const before = hash(Object.values(encoder.stateDict()) as Tensor[]);
    encoderOperations(encoder, { size: 8, channels: 1 });
    assert.ok(encoder.modules().every(({ training }) => training));
    assert.equal(hash(Object.values(encoder.stateDict()) as Tensor[]), before);
    encoder.dispose();
  });
});
