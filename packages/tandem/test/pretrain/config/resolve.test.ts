import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findMethod, methodPresets, methods } from '../../../src/methods/index.js';
import { describeOptions, flattenConfig, resolveConfig as resolve, runOptions } from '../../../src/pretrain/index.js';
import { study } from '../../support.js';

const images = 'pictures';
const resolveConfig = (given: Readonly<Record<string, unknown>>) => flattenConfig(resolve(given));

test('defaults are filled in for the run and for its method', () => {
  const config = resolveConfig({ images });
  assert.equal(config.method, 'clbo');
  assert.equal(config.backbone, 'resnet18');
  assert.equal(config.batch, 256);
  assert.equal(config.lookahead, 2);
  assert.ok(!('limit' in config));
});

test('texts become numbers and booleans where those are wanted', () => {
  const config = resolveConfig({
    images: '7',
    lr: '.1',
    epochs: '3',
    weightDecay: '1e-4',
    nesterov: 'true',
    prox: 'false',
  });
  const { lr, epochs, weightDecay, nesterov, prox } = config;
  assert.deepEqual([config.images, lr, epochs, weightDecay, nesterov, prox], ['7', 0.1, 3, 1e-4, true, false]);
});

test('a resolved configuration resolves to itself', () => {
  const config = resolveConfig({ images, epochs: '5', tau0: '20', eta: 0.5, stem: 'small', limit: 100 });
  assert.deepEqual(resolveConfig(JSON.parse(JSON.stringify(config))), config);
});

test('the parts hold every setting once, and in the order of the schemas they are the whole', () => {
  for (const name of Object.keys(methods)) {
    const teacher = findMethod(name).teacher === 'none' ? {} : { teacher: 'a/run' };
    const { data, method, preset, network, training, views, execution } = resolve({ images, method: name, ...teacher });
    const parts = [data, { method: method.name, preset }, network, training, views, execution, method.options];
    const whole = resolveConfig({ images, method: name, ...teacher });
    const keys = parts.flatMap((part) => Object.keys(part));
    assert.equal(new Set(keys).size, keys.length, name);
    assert.deepEqual(whole, Object.assign({}, ...parts), name);
    const known = [...Object.keys(runOptions.shape), ...Object.keys(findMethod(name).options.shape)];
    assert.deepEqual(
      Object.keys(whole),
      known.filter((key) => key in whole),
      name,
    );
  }
});

const wrong: [given: Record<string, unknown>, message: RegExp][] = [
  [{ widht: 4 }, /^unknown setting 'widht' for clbo\. Did you mean 'width'\?$/],
  [{ projdim: 4 }, /Did you mean 'projDim'\?/],
  [JSON.parse('{"__proto__": 1}'), /^unknown setting '__proto__' for clbo\.$/],
  [{ constructor: 1 }, /^unknown setting 'constructor'/],
  [{ method: 'clbbo' }, /^unknown method 'clbbo'; there is clbo.*\. Did you mean 'clbo'\?$/],
  [{ method: 'toString' }, /^unknown method 'toString'/],
  [{ method: 7 }, /^unknown method '7'/],
  [{ backbone: 'resnet-18' }, /^unknown backbone 'resnet-18'; there is .*, resnet18, .*\. Did you mean 'resnet18'\?$/],
  [{ backbone: 'constructor' }, /^unknown backbone 'constructor'/],
  [{ tauSchedule: 'invers' }, /^unknown tauSchedule 'invers'; .*Did you mean 'inverse'\?$/],
  [{ lr: 'NaN' }, /^lr must be a number, got "NaN"$/],
  [{ lr: Number.NaN }, /^lr must be a number, got NaN$/],
  [{ lr: Number.POSITIVE_INFINITY }, /^lr must be at most 3\.4e38, the largest number of float32, got Infinity$/],
  [{ lr: '' }, /^lr must be a number, got ""$/],
  [{ lr: null }, /^lr must be a number, got null$/],
  [{ lr: 0 }, /^lr must be above 0, got 0$/],
  [{ momentum: 1 }, /^momentum must be below 1, got 1$/],
  [{ flip: 1.5 }, /^flip must be at most 1, got 1\.5$/],
  [{ batch: '1' }, /^batch must be at least 2, got 1$/],
  [{ batch: '2.5' }, /^batch must be a whole number, got 2\.5$/],
  [{ epochs: 0 }, /^epochs must be at least 1, got 0$/],
  [{ seed: -1 }, /^seed must be at least 0, got -1$/],
  [{ prox: 'yes' }, /^prox must be a boolean, got "yes"$/],
  [{ lambda0: -1e-4 }, /^lambda0 must be above 0, got -0\.0001$/],
  [{ eta: 1 }, /^eta must be below 1, got 1$/],
  [{ tau0: 20_000 }, /^tau\*lambda must be in \(0, 1\]/],
  [{ tau0: 100, tauSchedule: 'constant', epochs: 200 }, /in epoch 200/],
  [{ warmup: 3, epochs: 3 }, /^warmup must be shorter than the run: 3 of 3 epochs; give more epochs, or warmup=0$/],
  [{ preset: 'offical' }, /^unknown preset 'offical'; there is paper, official\. Did you mean 'official'\?$/],
  [{ method: 'simclr', predictor: true }, /^'predictor' is no setting of simclr but of clbo\.$/],
  [
    { method: 'vicreg', predHidden: 8 },
    /^'predHidden' is no setting of vicreg but of mocov3, byol, simsiam, moby\. Did you mean 'projHidden'\?$/,
  ],
  [{ method: 'byol', lookahead: 2 }, /^'lookahead' is no setting of byol but of clbo\.$/],
  [
    { method: 'moco', batch: 96 },
    /^bank must be a multiple of the 96 keys that each step brings, got 4096; the nearest is 4128$/,
  ],
  [
    { method: 'moco', symmetric: true, bank: 256 },
    /^bank must be a multiple of the 512 keys .*, got 256; the nearest is 512$/,
  ],
  [{ method: 'moby', bank: 100, batch: 64 }, /^bank must be .* 64 keys .*, got 100; the nearest is 128$/],
  [{ method: 'moco', batch: 32, bnSplits: 5 }, /^bnSplits must divide the batch of 32 .*, got 5; the nearest is 4$/],
  [{ method: 'moco', batch: 2 }, /^bnSplits must divide the batch of 2 .*, got 8; the nearest is 1$/],
  [{ nesterov: true, momentum: 0 }, /^nesterov needs a momentum above 0, got 0$/],
  [{ nesterov: true, optimizer: 'lars' }, /^nesterov acts with optimizer=sgd alone, not with lars$/],
  [{ larsTrust: 0.1 }, /^larsTrust acts with optimizer=lars alone, not with sgd$/],
  [{ method: 'simsiam', projLayers: 0 }, /^projLayers must be at least 1, got 0$/],
  [{ decay: 'constant', lrEnd: 0.1 }, /^lrEnd acts with decay=cosine or linear alone, got 0\.1 with decay=constant$/],
  [{ decay: 'cosin' }, /^unknown decay 'cosin'; there is cosine, linear, constant\. Did you mean 'cosine'\?$/],
  [{ clip: -1 }, /^clip must be at least 0, got -1$/],
  [{ clipBy: 'norm' }, /^unknown clipBy 'norm'; there is global, tensor\.$/],
  [{ optimizer: 'adamm' }, /^unknown optimizer 'adamm'; there is sgd, lars, adam, adamw\. Did you mean 'adam'\?$/],
  [{ images: '' }, /^images must be a text that is not empty, got ""$/],
];

for (const [given, message] of wrong) {
  test(`refused: ${Object.entries(given).join(' ').replaceAll(',', '=')}`, () => {
    assert.throws(() => resolveConfig({ images, ...given }), { name: 'UsageError', message });
  });
}

test('without images there is no run', () => {
  assert.throws(() => resolveConfig({}), { message: 'images is missing' });
});

test('every setting has a description, and its default passes its own check', () => {
  for (const [method, { options, teacher }] of Object.entries(methods)) {
    const imitated = teacher === 'none' ? {} : { teacher: 'a/run' };
    for (const { name, description, defaultsTo } of [...describeOptions(runOptions), ...describeOptions(options)]) {
      assert.ok(description, name);
      if (defaultsTo)
        resolveConfig({ images, method, ...imitated, [name]: defaultsTo, ...(name === 'method' && { method }) });
    }
  }
});

describe('presets', () => {
  test('every method has both; paper is the default, and both are seen in the resolved configuration', () => {
    assert.deepEqual(Object.keys(methodPresets).sort(), Object.keys(methods).sort());
    for (const [method, of] of Object.entries(methodPresets)) {
      for (const preset of ['paper', 'official'] as const) {
        const imitated = findMethod(method).teacher === 'none' ? {} : { teacher: 'a/run' };
        // Only ViTs have drop path.
        const backbone = 'dropPath' in of[preset] ? { backbone: 'vit-tiny' } : {};
        const config = resolveConfig({ images, method, preset, ...imitated, ...backbone });
        assert.equal(config.preset, preset);
        for (const [key, value] of Object.entries(of[preset])) assert.equal(config[key], value, `${method} ${key}`);
      }
      if (findMethod(method).teacher !== 'none') continue;
      assert.deepEqual(resolveConfig({ images, method }), resolveConfig({ images, method, preset: 'paper' }));
    }
  });

  test('paper is one recipe: SGD at .06, decay 5e-4, batch 256, two layers or three, losses as means', () => {
    for (const method of study) {
      const { optimizer, lr, momentum, weightDecay, batch, projLayers, projDim } = resolveConfig({ images, method });
      assert.deepEqual([optimizer, lr, momentum, weightDecay, batch, projDim], ['sgd', 0.06, 0.9, 5e-4, 256, 512]);
      assert.equal(projLayers, ['barlow-twins', 'vicreg'].includes(method) ? 3 : 2, method);
    }
  });

  test('what is asked for wins over the preset, and a saved configuration over a preset it had', () => {
    const config = resolveConfig({ images, method: 'simclr', preset: 'official', batch: '128', optimizer: 'sgd' });
    assert.deepEqual([config.batch, config.optimizer, config.temperature, config.lr], [128, 'sgd', 0.5, 1]);
    assert.deepEqual(resolveConfig(JSON.parse(JSON.stringify(config))), config);
  });
});

test("a preset's drop path and zero gains are for the backbones that have them", () => {
  const of = (settings: object) => resolveConfig({ images: 'cifar10', preset: 'official', ...settings });
  assert.equal(of({ method: 'dino', backbone: 'vit-tiny' }).dropPath, 0.1);
  assert.equal(of({ method: 'dino' }).dropPath, undefined);
  assert.equal(of({ method: 'moby', backbone: 'vit-tiny' }).dropPath, 0.2);
  assert.equal(of({ method: 'moby', backbone: 'vit-tiny', dropPath: 0 }).dropPath, 0);
  assert.equal(of({ method: 'simclr' }).zeroGain, true);
  assert.equal(of({ method: 'simclr', backbone: 'vit-tiny' }).zeroGain, undefined);
});
