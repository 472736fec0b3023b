import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { liveCount, noGrad, scope, type Tensor, zeros } from 'tandem-torch';
import { buildEncoder } from '../../../src/networks/index.js';
import { initEncoder, loadEncoder, saveEncoder } from '../../../src/weights/index.js';
import { assertClose, hash, temporary } from '../../support.js';
import { imagesOf, type PublicModel, publicModels, writeModel } from './models.js';

const models = publicModels.convolutional ?? [];
const found = (name: string) => models.find((model) => model.name === name) as PublicModel;

describe("ResNets and ConvNeXts of other libraries' files", () => {
  for (const model of models) {
    test(`${model.name}: the features are that library's; saved, they are read again`, (t) => {
      const folder = temporary(t);
      const path = writeModel(folder, model);
      const before = liveCount();
      const loaded = loadEncoder(path);
      assert.match(loaded.note ?? '', /taken for a (resnet|convnext)/);
      saveEncoder(join(folder, 'own.safetensors'), loaded.encoder, loaded.card);
      loaded.encoder.dispose();
      const { encoder, note } = loadEncoder(join(folder, 'own.safetensors'));
      assert.equal(note, undefined);
      encoder.eval();
      scope(() =>
        noGrad(() => {
          for (const { size, features } of model.runs) {
            const some = encoder.forward(imagesOf(size)).narrow(1, 0, 24).contiguous();
            assertClose(some, features, { atol: 1e-5, label: `${size}` });
          }
        }),
      );
      encoder.dispose();
      assert.equal(liveCount(), before);
    });
  }
});

type Weights = Record<string, Tensor>;
const prefixed = (weights: Weights, prefix: string): Weights =>
  Object.fromEntries(Object.entries(weights).map(([name, x]) => [prefix + name, x]));
const zeroed = (weights: Weights): Weights =>
  Object.fromEntries(Object.entries(weights).map(([name, x]) => [name, x.mul(0)]));

/** The small ResNet of transformers, under the names of torchvision, which all authors have. */
function written(t: TestContext, change: (weights: Weights) => Weights): string {
  const { encoder } = loadEncoder(writeModel(temporary(t), found('transformers resnet')));
  const state = encoder.stateDict();
  const model = { ...found('torchvision resnet18'), state: {}, config: null, preprocessor: null };
  const path = writeModel(temporary(t), model, () => scope(() => noGrad(() => change(state))));
  encoder.dispose();
  return path;
}

describe("the authors' checkpoints of ResNets", () => {
  const head = () => zeros([4, 4]);
  const checkpoints: Readonly<Record<string, [taken: string, (w: Weights) => Weights]>> = {
    'MoCo v2': [
      'module.encoder_q.',
      (w) => ({
        ...prefixed(w, 'module.encoder_q.'),
        'module.encoder_q.fc.0.weight': head(),
        'module.encoder_q.fc.2.weight': head(),
        ...prefixed(zeroed(w), 'module.encoder_k.'),
        'module.queue': head(),
      }),
    ],
    'MoCo v3': [
      'module.base_encoder.',
      (w) => ({
        ...prefixed(w, 'module.base_encoder.'),
        'module.base_encoder.fc.0.weight': head(),
        ...prefixed(zeroed(w), 'module.momentum_encoder.'),
        'module.predictor.0.weight': head(),
      }),
    ],
    SimSiam: [
      'module.encoder.',
      (w) => ({
        ...prefixed(w, 'module.encoder.'),
        'module.encoder.fc.6.weight': head(),
        'module.predictor.0.weight': head(),
      }),
    ],
    'Barlow Twins': [
      'model.module.backbone.',
      (w) => ({
        ...prefixed(w, 'model.module.backbone.'),
        'model.module.projector.0.weight': head(),
        'model.module.bn.running_mean': head(),
      }),
    ],
    VICReg: [
      'model.module.backbone.',
      (w) => ({ ...prefixed(w, 'model.module.backbone.'), 'model.module.projector.0.weight': head() }),
    ],
    SwAV: [
      'module.',
      (w) => ({
        ...prefixed(w, 'module.'),
        'module.projection_head.0.weight': head(),
        'module.prototypes.weight': head(),
      }),
    ],
    'DINO, both networks': [
      'teacher.module.backbone.',
      (w) => ({ ...prefixed(zeroed(w), 'student.module.backbone.'), ...prefixed(w, 'teacher.module.backbone.') }),
    ],
    'BYOL in PyTorch, both as state dicts': [
      'online_network_state_dict.encoder.',
      (w) => ({
        ...prefixed(w, 'online_network_state_dict.encoder.'),
        ...prefixed(zeroed(w), 'target_network_state_dict.encoder.'),
      }),
    ],
    'BYOL, converted': [
      'online_network.encoder.',
      (w) => ({ ...prefixed(w, 'online_network.encoder.'), ...prefixed(zeroed(w), 'target_network.encoder.') }),
    ],
  };
  for (const [whose, [taken, change]] of Object.entries(checkpoints)) {
    test(`${whose}: the network is found, and what is left is said`, (t) => {
      const plain = loadEncoder(written(t, (w) => ({ ...w })));
      const path = written(t, change);
      const { encoder, note } = loadEncoder(path);
      assert.equal(hash(Object.values(encoder.stateDict())), hash(Object.values(plain.encoder.stateDict())));
      assert.match(note ?? '', new RegExp(`its '${taken.replaceAll('.', '\\.')}\\*'.*; left: `));
      const fresh = buildEncoder(plain.card.architecture);
      const [first] = initEncoder(fresh, path);
      assert.ok(first?.startsWith(`taken from ${path}: '${taken}*'`), first);
      assert.equal(hash(Object.values(fresh.stateDict())), hash(Object.values(encoder.stateDict())));
      for (const one of [plain.encoder, encoder, fresh]) one.dispose();
    });
  }
});

test('a converted SimCLR v2 says whose max-pool it has; its head is left', (t) => {
  const model = found('SimCLR v2, converted');
  const path = writeModel(temporary(t), model, (w) => ({ ...w, 'head.layers.0.weight': zeros([4, 4]) }));
  const { encoder, note } = loadEncoder(path);
  encoder.dispose();
  assert.match(note ?? '', /taken for a resnet50 of .*its 'resnet\.\*', .*its max-pool pads both sides alike/);
  assert.match(note ?? '', /left: resnet\.fc\.\w+, .*head\.layers\.0\.weight/);
});

test('a file called after BYOL or SimCLR under torchvision names is told to pad as PyTorch does', (t) => {
  const path = written(t, (w) => ({ ...w }));
  const named = join(dirname(path), 'byol-converted.safetensors');
  cpSync(path, named);
  for (const [file, told] of [
    [path, false],
    [named, true],
  ] as const) {
    const { encoder, note = '' } = loadEncoder(file);
    encoder.dispose();
    assert.equal(/padded as PyTorch does: if its authors' TensorFlow or JAX padded one side/.test(note), told);
  }
});

describe('what config.json says and weights do not show is refused', () => {
  for (const [name, more, message] of [
    ['transformers resnet', { downsample_in_bottleneck: true }, /downsample_in_bottleneck true: a ResNet here strides/],
    ['transformers resnet', { downsample_in_first_stage: true }, /downsample_in_first_stage true: a ResNet here/],
    ['transformers resnet', { hidden_act: 'gelu' }, /hidden_act "gelu": such networks here have relu$/],
    ['transformers convnext', { hidden_act: 'relu' }, /hidden_act "relu": such networks here have gelu$/],
  ] as const) {
    test(`${name} with ${JSON.stringify(more)}`, (t) => {
      const model = found(name);
      const path = writeModel(temporary(t), { ...model, config: { ...model.config, ...more } });
      const before = liveCount();
      assert.throws(() => loadEncoder(path), message);
      assert.equal(liveCount(), before);
    });
  }
});

describe('what ResNets and ConvNeXts here do not have', () => {
  const refused: Readonly<Record<string, [(w: Weights) => Weights, RegExp]>> = {
    'selective kernels of timm': [
      (w) => ({ ...w, 'layer1.0.conv1.paths.0.conv.weight': zeros([8, 4, 3, 3]) }),
      /timm's skresnet .*whose kernels see half of the channels each/,
    ],
    "TensorFlow's own names": [
      () => ({ 'base_model/conv2d_1/kernel': zeros([3, 3, 8, 8]) }),
      /TensorFlow's names and order of numbers \(base_model\/conv2d_1\/kernel\); give what a converter to PyTorch makes/,
    ],
    "BYOL's, of Haiku": [
      () => ({ 'res_net50/~/initial_conv.w': zeros([7, 7, 3, 64]) }),
      /it has Haiku's names \(.*initial_conv\.w\), as BYOL's files have, whose convolutions pad one side/,
    ],
    'squeeze and excitation': [
      (w) => ({ ...w, 'layer1.0.se.fc1.weight': zeros([2, 8, 1, 1]) }),
      /it has layer1\.0\.se\.fc1\.weight, which no ResNet here has$/,
    ],
    "ResNet-D's shortcuts without its stem": [
      (w) => ({ ...w, 'layer2.0.downsample.2.weight': zeros([16]) }),
      /the shortcuts of ResNet-D without its stem$/,
    ],
  };
  for (const [what, [change, message]] of Object.entries(refused)) {
    test(`${what}: one line`, (t) => {
      const path = written(t, change);
      const before = liveCount();
      assert.throws(() => loadEncoder(path), message);
      assert.equal(liveCount(), before);
    });
  }

  test('timm networks that pool or pad otherwise under the same names are known by config.json', (t) => {
    for (const architecture of ['resnetblur50', 'resnetaa50', 'tf_resnet50']) {
      const config = { architecture, num_classes: 0 };
      const path = writeModel(temporary(t), { ...found('timm resnet18d'), config });
      assert.throws(
        () => loadEncoder(path),
        new RegExp(`its config\\.json says ${architecture}, which pools or pads otherwise`),
      );
    }
  });

  test('ConvNeXt V2', (t) => {
    const change = (w: Weights) => ({ ...w, 'stages.0.blocks.0.mlp.grn.weight': zeros([32]) });
    const path = writeModel(temporary(t), found('timm convnext'), change);
    assert.throws(() => loadEncoder(path), /stages\.0\.blocks\.0\.mlp\.grn\.weight, which no ConvNeXt here has$/);
  });
});
