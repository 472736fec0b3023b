import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { io, liveCount, noGrad, type Tensor } from 'tandem-torch';
import { findEncoder } from '../../../src/runs/encoder-files.js';
import { filesOfWeights } from '../../../src/weights/file.js';
import { checkWeights, loadEncoder } from '../../../src/weights/index.js';
import { assertClose, hash, temporary } from '../../support.js';
import { type PublicModel, publicModels, weightsOf, writeModel } from './models.js';

const [model] = publicModels.vits as [PublicModel];

/** The model's file in two parts, with their index. */
function sharded(t: TestContext): { folder: string; index: string; bits: string } {
  const folder = temporary(t);
  const whole = writeModel(folder, { ...model, config: null });
  const { encoder } = loadEncoder(whole);
  const bits = hash(Object.values(encoder.stateDict()));
  encoder.dispose();
  rmSync(whole);
  const weights = weightsOf(model);
  const names = Object.keys(weights);
  const half = names.length / 2;
  const file = (name: string) => `model-0000${names.indexOf(name) < half ? 1 : 2}-of-00002.safetensors`;
  for (const one of new Set(names.map(file))) {
    io.saveSafetensors(
      join(folder, one),
      Object.fromEntries(names.filter((name) => file(name) === one).map((name) => [name, weights[name] as Tensor])),
    );
  }
  for (const tensor of Object.values(weights)) tensor.dispose();
  const index = join(folder, 'model.safetensors.index.json');
  writeFileSync(
    index,
    JSON.stringify({ metadata: {}, weight_map: Object.fromEntries(names.map((name) => [name, file(name)])) }),
  );
  return { folder, index, bits };
}

describe('weights in several files', () => {
  test('a folder with an index is one model, the same as in one file', (t) => {
    const { folder, index, bits } = sharded(t);
    const before = liveCount();
    assert.equal(findEncoder(folder), index);
    const { encoder } = loadEncoder(index);
    assert.equal(hash(Object.values(encoder.stateDict())), bits);
    encoder.dispose();
    assert.equal(liveCount(), before);
    assert.deepEqual(
      filesOfWeights(index).map((file) => file.slice(folder.length + 1)),
      ['model.safetensors.index.json', 'model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'],
    );
  });

  test('a part that is missing, or has not what the index says, and an index that leads elsewhere', (t) => {
    const { folder, index } = sharded(t);
    const before = liveCount();
    const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'].map((name) =>
      join(folder, name),
    ) as [string, string];
    const kept = readFileSync(second);
    copyFileSync(first, second);
    assert.throws(
      () => loadEncoder(index),
      /index\.json: model-00002-of-00002\.safetensors has no tensor "[\w.]+", which the index puts there$/,
    );
    writeFileSync(second, kept.subarray(0, kept.length - 5));
    assert.throws(
      () => loadEncoder(index),
      /model-00002-of-00002\.safetensors: not a safetensors file: .*; give a whole copy/,
    );
    rmSync(second);
    assert.throws(() => loadEncoder(index), /index\.json: .*model-00002-of-00002\.safetensors/);
    writeFileSync(index, JSON.stringify({ weight_map: { a: '../other.safetensors' } }));
    assert.throws(() => loadEncoder(index), /names "\.\.\/other\.safetensors", which is not beside it$/);
    writeFileSync(index, '{"metadata": {}}');
    assert.throws(() => loadEncoder(index), /no index of safetensors files/);
    assert.equal(liveCount(), before);
  });
});

describe('other files', () => {
  for (const [half, most] of [
    ['float16', 1e-3],
    ['bfloat16', 8e-3],
  ] as const) {
    test(`${half} becomes float32`, (t) => {
      const path = writeModel(temporary(t), model, (weights) =>
        Object.fromEntries(Object.entries(weights).map(([name, x]) => [name, x.to(half)])),
      );
      const { encoder } = loadEncoder(path);
      const exact = loadEncoder(writeModel(temporary(t), model)).encoder;
      const state = exact.stateDict();
      for (const [name, x] of Object.entries(encoder.stateDict())) {
        assert.equal(x.dtype, 'float32', name);
        assertClose(
          noGrad(() => x.detach().reshape([-1])),
          noGrad(() => (state[name] as Tensor).detach().reshape([-1])),
          { atol: most, rtol: most },
        );
      }
      for (const one of [encoder, exact]) one.dispose();
    });
  }

  test('a Git LFS pointer is called one', (t) => {
    const path = join(temporary(t), 'model.safetensors');
    writeFileSync(path, 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 88215\n');
    assert.throws(
      () => checkWeights(path),
      /model\.safetensors: a Git LFS pointer, not the weights themselves; fetch them with 'git lfs pull'$/,
    );
  });

  test('files of torch.save are read, and refused where they hold more than tensors', (t) => {
    const fixtures = fileURLToPath(new URL('../../../../../torch/test/fixtures/torch-file/', import.meta.url));
    assert.throws(() => loadEncoder(join(fixtures, 'zip.pth')), /zip\.pth: has no 'tandem' entry in its metadata/);
    assert.throws(
      () => checkWeights(join(fixtures, 'legacy.pth')),
      /no network in it: its tensors \(state_dict\.0\.weight, state_dict\.0\.bias/,
    );
    assert.throws(
      () => checkWeights(join(fixtures, 'refused.pth')),
      /code of files is never run; save its weights alone/,
    );
    const folder = join(temporary(t), 'hub');
    mkdirSync(folder);
    const bin = join(folder, 'pytorch_model.bin');
    const whole = readFileSync(join(fixtures, 'zip.pth'));
    writeFileSync(bin, whole.subarray(0, whole.length - 40));
    assert.equal(findEncoder(folder), bin);
    assert.throws(() => checkWeights(bin), /pytorch_model\.bin: is cut: .*; give a whole copy of the file$/);
  });
});
