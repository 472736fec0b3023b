import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { adaptiveAvgPool2d, manualSeed, type nn, noGrad, scope, type Tensor } from 'tandem-torch';
import {
  type BackboneSettings,
  backbones,
  buildEncoder,
  checkSide,
  newArchitecture,
  type ResNet,
} from '../../src/networks/index.js';
import { loadEncoder, saveEncoder } from '../../src/weights/index.js';
import { elements, hash, normal, temporary } from '../support.js';

const images = { size: 32, channels: 3 };

/** Small enough to be built in no time. */
function narrow(backbone: string): BackboneSettings {
  return backbone.startsWith('vit-') ? { depth: 2, ...(backbone !== 'vit-micro' && { width: 64 }) } : { width: 4 };
}

describe('architectures', () => {
  for (const backbone of backbones) {
    test(`${backbone}: computes features, learns, and comes back from its file`, (t) =>
      scope(() => {
        const architecture = newArchitecture(backbone, narrow(backbone), images);
        const encoder = buildEncoder(architecture);
        const x = normal([2, 3, 32, 32], 1, 'float32');
        const y = encoder.forward(x);
        assert.deepEqual([...y.shape], [2, encoder.featureWidth]);
        y.square().sum().backward();
        assert.ok(encoder.parameters().every((p) => p.grad?.isfinite().all().item()));
        const path = join(temporary(t), 'encoder.safetensors');
        const card = { architecture, size: 32, mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] };
        saveEncoder(path, encoder, card);
        const loaded = loadEncoder(path);
        assert.deepEqual(loaded.card, JSON.parse(JSON.stringify(card)));
        assert.equal(hash(Object.values(loaded.encoder.stateDict())), hash(Object.values(encoder.stateDict())));
        const [a, b] = [encoder, loaded.encoder].map((net) => noGrad(() => elements(net.eval().forward(x))));
        assert.deepEqual(a, b);
        loaded.encoder.dispose();
        encoder.dispose();
      }));
  }

  test('pool: means over cells of the last map, those of a channel side by side', () =>
    scope(() => {
      const settings: BackboneSettings = { width: 4, features: 6, stem: 'small' };
      const x = normal([2, 3, 20, 20], 1, 'float32');
      const at = (pool?: number) => {
        manualSeed(3);
        const encoder = buildEncoder(newArchitecture('resnet8', { ...settings, pool }, { size: 20, channels: 3 }));
        return noGrad(() => encoder.eval().forward(x));
      };
      const [one, whole, two, places] = [at(), at(1), at(2), at(5)]; // a map of 5x5
      assert.deepEqual(elements(whole), elements(one));
      const map = places.reshape([2, 6, 5, 5]);
      const close = (a: Tensor, b: Tensor) => assert.ok(a.sub(b).abs().max().item() < 1e-6);
      close(map.mean([2, 3]), one);
      close(adaptiveAvgPool2d(map, [2, 2]).flatten({ startDim: 1 }), two);
    }));

  test('embedding: a linear layer of the pooled features, which comes back from its file', (t) =>
    scope(() => {
      const architecture = newArchitecture('resnet8', { width: 4, pool: 2, embedding: 6 }, images);
      const encoder = buildEncoder(architecture) as ResNet;
      const plain = buildEncoder({ ...architecture, embedding: undefined });
      plain.loadStateDict(
        Object.fromEntries(Object.entries(encoder.stateDict()).filter(([name]) => !name.startsWith('embedding'))),
      );
      const x = normal([2, 3, 32, 32], 1, 'float32');
      const { weight, bias } = encoder.embedding as nn.Linear;
      const [own, pooled] = [encoder, plain].map((net) => noGrad(() => net.eval().forward(x))) as [Tensor, Tensor];
      assert.deepEqual([encoder.featureWidth, plain.featureWidth, [...weight.shape]], [6, 64, [6, 64]]);
      const rows = elements(pooled);
      const [w, b] = [elements(weight.detach()), elements((bias as Tensor).detach())];
      for (const [i, value] of elements(own).entries()) {
        const [row, j] = [Math.floor(i / 6), i % 6];
        const sum = w
          .slice(64 * j, 64 * (j + 1))
          .reduce((all, one, k) => all + one * (rows[64 * row + k] as number), 0);
        assert.ok(Math.abs(value - sum - (b[j] as number)) < 1e-5);
      }
      const path = join(temporary(t), 'encoder.safetensors');
      saveEncoder(path, encoder, { architecture, size: 32, mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] });
      const loaded = loadEncoder(path);
      assert.equal(loaded.card.architecture.embedding, 6);
      assert.deepEqual(elements(noGrad(() => loaded.encoder.eval().forward(x))), elements(own));
    }));

  test('pool: no more cells than the last map has places, in views too', () => {
    const asked = () => newArchitecture('resnet18', { pool: 3 }, { size: 64, channels: 3 });
    assert.throws(asked, /pool 3: the last map has 2x2 places for images of 64; set pool=2/);
    const architecture = newArchitecture('resnet18', { pool: 2 }, { size: 64, channels: 3 });
    assert.throws(() => checkSide(architecture, 32, 'views'), /1x1 places for views of 32; set pool=1/);
    assert.throws(
      () => newArchitecture('vit-micro', { pool: 2 }, { size: 32, channels: 3 }),
      /pool is no setting of backbone vit-micro but of resnet8/,
    );
  });

  test('are completed by the width of the name and by what suits the images', () => {
    const at = (backbone: string, size: number, settings = {}) =>
      newArchitecture(backbone, settings, { size, channels: 3 });
    assert.deepEqual(at('resnet50', 32), { backbone: 'resnet50', width: 64, channels: 3, stem: 'small' });
    assert.deepEqual(at('resnet50', 224, { sk: true, width: 128 }), {
      backbone: 'resnet50',
      width: 128,
      channels: 3,
      stem: 'standard',
      sk: true,
    });
    assert.equal(at('reactnet-a', 224).width, 32);
    const vit = (size: number) => at('vit-tiny', size);
    assert.deepEqual(vit(32), { backbone: 'vit-tiny', width: 192, channels: 3, depth: 12, patch: 4, size: 32 });
    assert.deepEqual(
      [28, 32, 64, 96, 224].map((size) => vit(size).patch),
      [4, 4, 8, 8, 16],
    );
    assert.equal(at('vit-small', 30, { patch: 5 }).patch, 5);
  });

  for (const [backbone, settings, size, message] of [
    [
      'resnet18',
      { patch: 4 },
      32,
      /^patch is no setting of backbone resnet18 but of vit-micro, vit-tiny, vit-small, vit-base, vit-large$/,
    ],
    ['vit-tiny', { stem: 'small' }, 32, /^stem is no setting of backbone vit-tiny but of resnet8/],
    ['react-resnet18', { sk: true }, 32, /^sk is no setting of backbone react-resnet18 but of resnet8.*resnet200$/],
    ['resnet50', { binary: 'both' }, 32, /^binary is no setting of backbone resnet50 but of bireal-resnet8/],
    ['resnet50', { dropPath: 0.1 }, 32, /^dropPath is no setting of backbone resnet50 but of convnext-atto/],
    ['vit-tiny', { width: 100 }, 32, /^the width of vit-tiny must be a multiple of 64, got 100$/],
    ['resnet50', { features: 30 }, 32, /^the features of resnet50 must be a multiple of 4, got 30$/],
    ['resnet50', { sk: true, width: 5 }, 32, /^the width of resnet50 must be a multiple of 2, got 5$/],
    ['vit-tiny', {}, 30, /^patches of 4 pixels do not divide images of 30; set patch or size$/],
    ['resnet-50', {}, 32, /^unknown backbone 'resnet-50'.*Did you mean 'resnet50'\?$/],
  ] as [string, BackboneSettings, number, RegExp][]) {
    test(`${backbone} ${JSON.stringify(settings)} at ${size} is refused`, () =>
      assert.throws(() => newArchitecture(backbone, settings, { size, channels: 3 }), { name: 'UserError', message }));
  }
});
