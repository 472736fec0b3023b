import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { io, liveCount, noGrad, ones, scope, type Tensor } from 'tandem-torch';
import { type Architecture, buildEncoder, type Encoder } from '../../src/networks/index.js';
import { checkWeights, initEncoder, loadEncoder } from '../../src/weights/index.js';
import { seasoned } from '../export/exporting.js';
import { elements, hash, normal, temporary } from '../support.js';

const architecture: Architecture = { backbone: 'resnet10', width: 4, stem: 'standard', channels: 3 };

/**
 * The encoder's tensors as `ResNetForImageClassification.state_dict()` names them, spelt out block
 * by block.
 */
function huggingFace(encoder: Encoder, prefix = 'resnet.'): Record<string, Tensor> {
  const own = encoder.stateDict();
  const out: Record<string, Tensor> = {};
  const norm = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'];
  const layer = (name: string, conv: string, bn: string) => {
    out[`${prefix}${name}.convolution.weight`] = own[`${conv}.weight`] as Tensor;
    for (const key of norm) out[`${prefix}${name}.normalization.${key}`] = own[`${bn}.${key}`] as Tensor;
  };
  layer('embedder.embedder', 'conv1', 'bn1');
  for (const stage of [0, 1, 2, 3]) {
    const [there, here] = [`encoder.stages.${stage}.layers.0`, `layer${stage + 1}.0`];
    if (stage > 0) layer(`${there}.shortcut`, `${here}.downsample.0`, `${here}.downsample.1`);
    layer(`${there}.layer.0`, `${here}.conv1`, `${here}.bn1`);
    layer(`${there}.layer.1`, `${here}.conv2`, `${here}.bn2`);
  }
  assert.equal(Object.keys(out).length, Object.keys(own).length);
  return out;
}

const bits = (encoder: Encoder) => hash(Object.values(encoder.stateDict()));

describe("Hugging Face's names", () => {
  for (const prefix of ['resnet.', '']) {
    test(`with the prefix '${prefix}', a file is an encoder, and something to start from`, (t) => {
      const path = join(temporary(t), 'model.safetensors');
      const encoder = seasoned(architecture);
      const tensors = huggingFace(encoder, prefix);
      const classifier = { 'classifier.1.weight': ones([3, 32]).keep(), 'classifier.1.bias': ones([3]).keep() };
      io.saveSafetensors(path, { ...tensors, ...classifier }, { format: 'pt' });
      const loaded = loadEncoder(path);
      assert.match(loaded.note ?? '', /taken for a resnet10/);
      assert.equal(bits(loaded.encoder), bits(encoder));
      const fresh = buildEncoder(architecture);
      assert.deepEqual(initEncoder(fresh, path), [
        ...(prefix ? [`taken from ${path}: 'resnet.*', under the names of Hugging Face's resnet`] : []),
        `in ${path}, but not in this network: ${prefix ? 'classifier.1.weight, classifier.1.bias' : 'fc.weight, fc.bias'}`,
      ]);
      const x = normal([2, 3, 48, 48], 1, 'float32');
      const [a, b] = scope(() => [encoder, fresh].map((one) => noGrad(() => elements(one.eval().forward(x)))));
      assert.deepEqual(a, b);
    });
  }
});

describe('starting from a file', () => {
  test('what is in one of the two only is reported, the rest is taken', (t) => {
    const path = join(temporary(t), 'part.safetensors');
    const encoder = seasoned(architecture);
    const {
      'layer4.0.conv2.weight': _a,
      'layer4.0.bn2.weight': _b,
      'bn1.num_batches_tracked': _c,
      ...some
    } = encoder.stateDict();
    io.saveSafetensors(path, { ...some, 'projector.0.weight': ones([2]).keep() });
    const fresh = buildEncoder(architecture);
    const before = elements(fresh.stateDict()['layer4.0.conv2.weight'] as Tensor);
    assert.deepEqual(initEncoder(fresh, path), [
      `not in ${path}, so they begin fresh: layer4.0.conv2.weight, layer4.0.bn2.weight`,
      `in ${path}, but not in this network: projector.0.weight`,
    ]);
    const state = fresh.stateDict();
    assert.deepEqual(elements(state['layer4.0.conv2.weight'] as Tensor), before);
    for (const [name, x] of Object.entries(some)) assert.deepEqual(elements(state[name] as Tensor), elements(x), name);
  });

  test('other shapes are an error that names them, and nothing changes', (t) => {
    const path = join(temporary(t), 'wide.safetensors');
    io.saveSafetensors(path, seasoned({ ...architecture, width: 8 }).stateDict());
    const fresh = buildEncoder(architecture);
    const [before, live] = [bits(fresh), liveCount()];
    assert.throws(
      () => initEncoder(fresh, path),
      /wide\.safetensors does not fit: conv1\.weight is \[8,3,7,7\] in it, \[4,3,7,7\] in this network, .* and \d+ more$/,
    );
    assert.equal(bits(fresh), before);
    assert.equal(liveCount(), live);
  });

  test('what is no ResNet, or no file', (t) => {
    const folder = temporary(t);
    const path = join(folder, 'text.safetensors');
    const live = liveCount();
    assert.throws(() => checkWeights(join(folder, 'none')), /there is nothing of this name/);
    writeFileSync(path, 'no tensors');
    assert.throws(() => checkWeights(path), /text\.safetensors: not a safetensors file/);
    const other = ones([2]).keep();
    io.saveSafetensors(path, { 'blocks.0.weight': other });
    other.dispose();
    assert.throws(
      () => checkWeights(path),
      /no network in it: its tensors \(blocks\.0\.weight\) have the names neither of torchvision, timm/,
    );
    assert.equal(liveCount(), live);
  });
});
