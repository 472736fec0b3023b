import assert from 'node:assert/strict';
import test from 'node:test';
import { methods } from '../../src/methods/index.js';
import { describeOptions, resolveConfig, runOptions } from '../../src/pretrain/index.js';

const images = 'pictures';

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
  [{ lr: Number.POSITIVE_INFINITY }, /^lr must be a number, got Infinity$/],
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
  [{ tau0: 100, tauSchedule: 'const', epochs: 200 }, /in epoch 200/],
  [{ warmup: 3, epochs: 3 }, /^warmup must be shorter than the run: 3 of 3 epochs$/],
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
  for (const schema of [runOptions, ...Object.values(methods).map(({ options }) => options)]) {
    for (const { name, description, defaultsTo } of describeOptions(schema)) {
      assert.ok(description, name);
      if (defaultsTo) resolveConfig({ images, [name]: defaultsTo });
    }
  }
});
