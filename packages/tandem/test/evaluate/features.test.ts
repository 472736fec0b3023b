import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveCount, manualSeed, nn, noGrad, scope, type Tensor, tensor } from 'tandem-torch';
import { features } from '../../src/evaluate/index.js';
import { bytesOf } from '../../src/images/index.js';
import { buildEncoder } from '../../src/networks/index.js';
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
