import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { io, liveCount, type Tensor, zeros } from 'tandem-torch';
import { type Architecture, buildEncoder } from '../../src/networks/index.js';
import { loadEncoder } from '../../src/weights/index.js';
import { hash, temporary } from '../support.js';

/** A file as torchvision's users save it: a classifier, and no word on how to feed it. */
function saved(path: string, architecture: Architecture, change: (state: Record<string, Tensor>) => void = () => {}) {
  const encoder = buildEncoder(architecture);
  const state = encoder.stateDict();
  const fc = { 'fc.weight': zeros([10, encoder.featureWidth]).keep(), 'fc.bias': zeros([10]).keep() };
  const all = { ...state, ...fc };
  change(all);
  io.saveSafetensors(path, all);
  return { bits: hash(Object.values(state)), encoder };
}

describe("files with torchvision's keys and no card", () => {
  for (const [architecture, size] of [
    [{ backbone: 'resnet18', width: 8, stem: 'standard', channels: 3 }, 224],
    [{ backbone: 'resnet34', width: 4, stem: 'standard', channels: 3 }, 224],
    [{ backbone: 'resnet18', width: 4, stem: 'small', channels: 3 }, 32],
    [{ backbone: 'resnet8', width: 4, features: 20, stem: 'small', channels: 1 }, 32],
    [{ backbone: 'resnet50', width: 4, stem: 'standard', channels: 3 }, 224],
  ] satisfies [Architecture, number][]) {
    test(`${architecture.backbone}, ${architecture.stem}: read off the shapes`, (t) => {
      const path = join(temporary(t), 'model.safetensors');
      const { bits, encoder } = saved(path, architecture);
      const before = liveCount();
      const loaded = loadEncoder(path);
      assert.equal(liveCount(), before + Object.keys(encoder.stateDict()).length, 'only the encoder stays');
      assert.equal(hash(Object.values(loaded.encoder.stateDict())), bits);
      const { width, stem, backbone, channels } = loaded.card.architecture;
      assert.deepEqual(
        [backbone, width, stem, channels],
        ['backbone', 'width', 'stem', 'channels'].map((key) => architecture[key as 'stem']),
      );
      assert.equal(loaded.card.size, size);
      assert.equal(loaded.card.mean.length, architecture.channels);
      assert.match(loaded.note ?? '', new RegExp(`model.safetensors: it does not say.* ${backbone} .*ImageNet's mean`));
    });
  }

  test('counters of batches may be missing, as in older files', (t) => {
    const path = join(temporary(t), 'old.safetensors');
    saved(path, { backbone: 'resnet10', width: 4, stem: 'small', channels: 3 }, (state) => {
      for (const name of Object.keys(state)) if (name.endsWith('num_batches_tracked')) delete state[name];
    });
    assert.equal(loadEncoder(path).encoder.featureWidth, 32);
  });

  for (const [what, change, reason] of [
    [
      'bottlenecks of another width',
      (s) => (s['layer1.0.conv3.weight'] = s['conv1.weight'] as Tensor),
      /the middle of its bottlenecks is \[4,4,3,3\] \(ResNeXt, Wide ResNet\); here it is a quarter/,
    ],
    [
      'another depth',
      (s) => (s['layer2.1.conv1.weight'] = s['conv1.weight'] as Tensor),
      /stages have 1, 2, 1, 1 blocks; there is resnet8/,
    ],
    ['another kernel', (s) => (s['conv1.weight'] = zeros([4, 3, 5, 5]).keep()), /expected 7x7 or 3x3 kernels/],
    ['another width inside', (s) => (s['bn1.bias'] = zeros([5]).keep()), /bn1\.bias is float32\[5\]/],
    ['a missing layer', (s) => delete s['layer1.0.bn2.weight'], /missing layer1\.0\.bn2\.weight/],
  ] as [string, (state: Record<string, Tensor>) => void, RegExp][]) {
    test(`${what}: refused with the file's name`, (t) => {
      const path = join(temporary(t), 'odd.safetensors');
      saved(path, { backbone: 'resnet10', width: 4, stem: 'small', channels: 3 }, change);
      const before = liveCount();
      assert.throws(
        () => loadEncoder(path),
        (error: Error) => {
          assert.equal(error.name, 'UserError');
          assert.match(error.message, reason);
          assert.ok(error.message.includes(path) && !error.message.includes('\n'));
          return true;
        },
      );
      assert.equal(liveCount(), before);
    });
  }
});
