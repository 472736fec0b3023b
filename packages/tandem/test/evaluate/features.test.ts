import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveCount, manualSeed, nn, noGrad, scope, type Tensor, tensor } from 'tandem-torch';
import { features } from '../../src/evaluate/index.js';
import { bytesOf } from '../../src/images/index.js';
import { type Architecture, buildEncoder } from '../../src/networks/index.js';
import { evaluationView } from '../../src/views/index.js';
import { assertClose, elements, hash, noise } from '../support.js';

const set = noise(11, { channels: 3, side: 8 });
const [mean, std] = [
  [0.4, 0.5, 0.6],
  [0.2, 0.25, 0.3],
];
const view = evaluationView({ size: 8, mean, std });

function encoderAfterSomeTraining() {
  manualSeed(2);
  const encoder = buildEncoder({ backbone: 'resnet10', width: 4, stem: 'small', channels: 3 });
  scope(() => noGrad(() => encoder.forward(byHand()).sum().item()));
  return encoder;
}

/** (pixels / 255 - mean) / std, image by image. */
function byHand(): Tensor {
  const values = Float32Array.from(bytesOf(set), (pixel, i) => {
    const channel = Math.floor(i / 64) % 3;
    return (pixel / 255 - (mean?.[channel] as number)) / (std?.[channel] as number);
  });
  return tensor(values, { shape: [11, 3, 8, 8] });
}

describe('features', () => {
  test('are what the network gives in evaluation mode for the plain, normalised images', () => {
    const encoder = encoderAfterSomeTraining();
    const found = features(encoder, set, { view, device: 'cpu' });
    assert.deepEqual([...found.shape], [11, 32]);
    assert.equal(found.requiresGrad, false);
    scope(() => {
      const expected = noGrad(() => encoder.eval().forward(byHand()));
      assertClose(found, expected, { rtol: 1e-4, atol: 1e-5 });
      const trained = noGrad(() => encoder.train().forward(byHand()));
      assert.notDeepEqual(elements(trained), elements(found));
    });
    found.dispose();
  });

  test('chunk and memory format change rounding only; progress is reported', () => {
    const encoder = encoderAfterSomeTraining();
    const whole = features(encoder, set, { view, device: 'cpu' });
    const told: number[][] = [];
    const parts = features(encoder, set, {
      view,
      device: 'cpu',
      chunk: 4,
      memoryFormat: 'contiguous',
      onProgress: (done, total) => told.push([done, total]),
    });
    assertClose(parts, whole, { rtol: 1e-4, atol: 1e-5 });
    assert.deepEqual(told, [
      [4, 11],
      [8, 11],
      [11, 11],
    ]);
  });

  describe('alike, an image alone has the bits that it has among others', () => {
    const [sides, count] = [[16, 32, 64], 77];
    const shapes: Architecture[] = [
      { backbone: 'resnet18', width: 16, stem: 'small', channels: 3 },
      { backbone: 'resnet10', width: 8, stem: 'strided', channels: 3, embedding: 24 },
      { backbone: 'resnet50', width: 8, stem: 'small', channels: 3 },
      { backbone: 'reactnet-a', width: 8, stem: 'small', channels: 3 },
      { backbone: 'vit-micro', width: 64, depth: 2, patch: 8, channels: 3 },
    ];
    for (const shape of shapes) {
      test(`${shape.backbone}, sides of ${sides.join(', ')}`, () => {
        for (const side of sides) {
          manualSeed(4);
          sameAlone(buildEncoder({ ...shape, ...(shape.patch && { size: side }) }), side);
        }
      });
    }

    test('a network whose result depends on how many images there are', () => {
      class Counting extends nn.Module {
        forward(x: Tensor): Tensor {
          return x.mean([2, 3]).add(x.shape[0] as number);
        }
      }
      sameAlone(new Counting(), 16);
    });

    function sameAlone(network: nn.Module, side: number): void {
      const many = noise(count, { channels: 3, side });
      const options = { view: evaluationView({ size: side, mean, std }), device: 'cpu', alike: true } as const;
      const each = 3 * side * side;
      scope(() => {
        // Twice, as the first batch decides how the others are computed.
        for (let pass = 0; pass < 2; pass++) {
          const found = features(network, many, options);
          for (const i of [0, 31, 32, 50, count - 1]) {
            const one = { ...many, count: 1, pixels: bytesOf(many).slice(i * each, (i + 1) * each) };
            assert.ok(features(network, one, options).equal(found.narrow(0, i, 1)), `image ${i} of ${side} pixels`);
          }
        }
      });
    }
  });

  test('the mode is put back, parameters and buffers stay, only the result lives', () => {
    for (const training of [true, false]) {
      const encoder = encoderAfterSomeTraining().train(training);
      const state = hash(Object.values(encoder.stateDict()));
      const before = liveCount();
      const found = features(encoder, set, { view, device: 'cpu', chunk: 5 });
      assert.equal(liveCount(), before + 1);
      found.dispose();
      assert.ok(encoder.modules().every((part) => part.training === training));
      assert.equal(hash(Object.values(encoder.stateDict())), state);
      assert.ok(encoder.parameters().every((x) => x.requiresGrad));
    }
  });

  test('the mode is put back after an error, and nothing stays', () => {
    class Broken extends nn.Module {
      forward(): Tensor {
        throw new Error('broken');
      }
    }
    const network = new Broken();
    const before = liveCount();
    assert.throws(() => features(network, set, { view, device: 'cpu' }), /broken/);
    assert.equal(network.training, true);
    assert.equal(liveCount(), before);
  });

  test('the result can be used where gradients are recorded', () => {
    const found = features(encoderAfterSomeTraining(), set, { view, device: 'cpu' });
    scope(() => {
      const classifier = new nn.Linear(32, 2);
      classifier.forward(found).square().sum().backward();
      assert.ok(classifier.weight.grad);
      classifier.dispose();
    });
    found.dispose();
  });

  test('features that are no numbers are refused, with the first image', () => {
    const encoder = encoderAfterSomeTraining();
    const named = { ...set, files: Array.from({ length: 11 }, (_, i) => `a/${i}.png`) };
    scope(() => noGrad(() => encoder.namedParameters().at(-1)?.[1].fill_(Number.NaN)));
    const before = liveCount();
    for (const [images, first] of [
      [set, 'number 0'],
      [named, 'a/0.png'],
    ] as const) {
      assert.throws(() => features(encoder, images, { view, device: 'cpu', chunk: 4 }), {
        name: 'UserError',
        message: new RegExp(`not numbers for 11 of 11 images of noise, the first being ${first};`),
      });
    }
    assert.equal(liveCount(), before);
  });
});
