import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildEncoder } from '../../src/networks/index.js';
import {
  type FlatConfig,
  flattenConfig,
  type RunConfig,
  readConfigFile,
  resolveConfig,
} from '../../src/pretrain/index.js';
import { study } from '../support.js';

const folder = fileURLToPath(new URL('../../../../../experiments', import.meta.url));
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.json') && !/^(studies|scales)/.test(file),
);
const resolved = (file: string): RunConfig => resolveConfig(readConfigFile(join(folder, file)).settings);
const config = (file: string): FlatConfig => flattenConfig(resolved(file));
const of = (part: string) => files.filter((file) => dirname(file) === part).sort();

/** Where they are not the study's 800. */
const epochsOf: Readonly<Record<string, number>> = { figure8: 100, 'momentum-teachers': 400 };

describe('experiments', () => {
  test('every file is a run, and says only what differs from the file it starts from', () => {
    assert.ok(files.length > 100);
    for (const file of files) {
      const run = config(file);
      const { extends: base, ...own } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      if (base === undefined) continue;
      assert.ok(Object.keys(own).length <= 6, `${file} is a small difference`);
      const from = resolve(dirname(join(folder, file)), base);
      const before = readConfigFile(from).settings;
      for (const key of Object.keys(own)) assert.notDeepEqual(own[key], before[key], `${file}: ${key} is in ${base}`);
      if (!/^(figure|table|momentum)/.test(file)) continue;
      assert.equal(run.epochs, epochsOf[basename(dirname(file))] ?? 800, file);
    }
  });

  test('with the words of before it is the same run', () => {
    const before = new Map(Object.entries({ 'one-pass': 'E2', 'base-lambda': 's2' }));
    let changed = 0;
    for (const file of files) {
      const { settings } = readConfigFile(join(folder, file));
      const former = Object.fromEntries(
        Object.entries(settings).map(([key, value]) => [key, before.get(String(value)) ?? value]),
      );
      if (JSON.stringify(former) !== JSON.stringify(settings)) changed += 1;
      assert.deepEqual(flattenConfig(resolveConfig(former)), config(file), file);
    }
    assert.equal(changed, 5);
  });

  test('distillation has the steps from the baseline of S2-BNN to its own, and SEED beside MoCo', () => {
    const shown = (name: string, ...keys: string[]) => {
      const run = config(join('distillation', `${name}.json`));
      return keys.map((key) => run[key]);
    };
    const steps = ['baseline', 'baseline-plus', 'both', 'distillation'].map((name) =>
      shown(`s2bnn-${name}`, 'strategy', 'views', 'weightDecay', 'teacher'),
    );
    assert.deepEqual(steps, [
      ['contrastive', 'small', 5e-4, undefined],
      ['contrastive', 'lite', 1e-4, undefined],
      ['both', 'lite', 0, 'runs/teacher'],
      ['distillation', 'lite', 0, 'runs/teacher'],
    ]);
    assert.deepEqual(shown('s2bnn-distillation-step1', 'binary'), ['activations']);
    assert.deepEqual(shown('seed', 'width', 'epochs'), shown('seed-moco', 'width', 'epochs'));
    // The same network under both: SEED's projector is as wide as the features inside, and as its
    // teacher's projection at the end.
    const { backbone, width = 64 } = resolved('distillation/seed.json').network;
    const encoder = buildEncoder({ backbone, width, stem: 'small', channels: 3 });
    assert.deepEqual(shown('seed', 'backbone', 'projLayers', 'projNorm', 'projHidden'), [
      backbone,
      2,
      false,
      undefined,
    ]);
    assert.deepEqual(shown('seed-moco', 'backbone', 'projLayers', 'projNorm', 'projHidden'), [
      ...[backbone, 2, false],
      encoder.featureWidth,
    ]);
    assert.deepEqual(shown('seed-moco', 'projDim'), shown('teacher', 'projDim'));
  });

  test('Tables 2 and 3 have every method, Table 3 on five data sets', () => {
    assert.deepEqual(
      of('table2').map((file) => config(file).method),
      study,
    );
    const runs = of('table3').map((file) => `${config(file).images} ${config(file).method}`);
    const sets = ['cifar10', 'cifar100', 'stl10', 'imagenet100', 'tiny-imagenet'];
    assert.deepEqual(runs.sort(), sets.flatMap((set) => study.map((name) => `${set} ${name}`)).sort());
  });

  test('Table 2 holds the constants of the study', () => {
    const wanted: Record<string, Record<string, unknown>> = {
      simclr: { temperature: 0.5 },
      moco: { eta: 0.99, etaSchedule: 'constant', bank: 4096, temperature: 0.1 },
      byol: { eta: 0.99, etaSchedule: 'cosine' },
      simsiam: { constantPredictorLr: true, predHidden: 128 },
      moby: { eta: 0.99, etaSchedule: 'cosine', bank: 4096, temperature: 0.2 },
      'barlow-twins': { redundancy: 0.0051 },
      vicreg: { varianceWeight: 25, invarianceWeight: 25, covarianceWeight: 1 },
      clbo: { eta: 0.99, lambda0: 1e-4, lookahead: 2, temperature: 0.2 },
    };
    for (const [name, constants] of Object.entries(wanted)) {
      const run = config(join('table2', `${name}.json`));
      for (const [key, value] of Object.entries(constants)) assert.equal(run[key], value, `${name} ${key}`);
    }
  });

  test('Figures 2 to 6 and 8 vary what they are about', () => {
    const shown = (part: string, ...keys: string[]) =>
      Object.fromEntries(of(part).map((file) => [basename(file, '.json'), keys.map((key) => config(file)[key])]));
    assert.deepEqual(shown('figure2', 'lookahead', 'prox'), { 'no-prox': [1, false], prox: [1, true] });
    assert.deepEqual(shown('figure3', 'lookahead').clbo, [1]);
    assert.deepEqual(shown('figure4', 'lookahead', 'epochMode'), {
      'k1-equal-epochs': [1, 'k-passes'],
      'k1-equal-steps': [1, 'one-pass'],
      'k2-equal-epochs': [2, 'k-passes'],
      'k2-equal-steps': [2, 'one-pass'],
      'k3-equal-epochs': [3, 'k-passes'],
      'k3-equal-steps': [3, 'one-pass'],
      'k5-equal-epochs': [5, 'k-passes'],
      'k5-equal-steps': [5, 'one-pass'],
    });
    assert.deepEqual(shown('figure5', 'lookahead', 'prox', 'teacherRule', 'tauSchedule'), {
      'base-lambda': [2, true, 'sgd', 'base-lambda'],
      clbo: [2, true, 'sgd', 'inverse'],
      ema: [2, true, 'ema', 'inverse'],
      k1: [1, true, 'sgd', 'inverse'],
      'no-prox': [2, false, 'sgd', 'inverse'],
    });
    assert.deepEqual(Object.keys(shown('figure6', 'method')), study);
    for (const [, [batch, epochs]] of Object.entries(shown('figure8', 'batch', 'epochs'))) {
      assert.deepEqual([batch, epochs], [32, 100]);
    }
  });

  test('Table 4 is three baselines, four heads, two predictors, three losses', () => {
    const rows = of('table4').map((file) => {
      const { method, projLayers, predHidden, predictor, loss } = config(file);
      const objective = loss ?? { byol: 'mse', 'barlow-twins': 'barlow', vicreg: 'vicreg' }[String(method)];
      return [method, projLayers, predictor ?? predHidden !== undefined, objective];
    });
    assert.deepEqual(rows, [
      ['byol', 2, true, 'mse'],
      ['barlow-twins', 2, false, 'barlow'],
      ['vicreg', 2, false, 'vicreg'],
      ['clbo', 0, false, 'infonce'],
      ['clbo', 1, false, 'infonce'],
      ['clbo', 2, false, 'infonce'],
      ['clbo', 3, false, 'infonce'],
      ['clbo', 2, true, 'infonce'],
      ['clbo', 2, true, 'mse'],
      ['clbo', 2, false, 'mse'],
      ['clbo', 2, false, 'barlow'],
      ['clbo', 2, false, 'vicreg'],
    ]);
  });

  test('Figures 7 and 9 are full grids', () => {
    const grid = (part: string, key: 'batch' | 'projDim') =>
      of(part)
        .map((file) => config(file))
        .filter(({ scaleLr }) => !scaleLr)
        .map((run) => `${run.method} ${run[key]}`)
        .sort();
    const cells = (sizes: readonly number[]) => study.flatMap((name) => sizes.map((size) => `${name} ${size}`)).sort();
    assert.deepEqual(grid('figure7', 'batch'), cells([32, 64, 128, 256, 512, 1024]));
    assert.deepEqual(grid('figure9', 'projDim'), cells([64, 128, 256, 512, 1024, 2048]));
    for (const file of of('figure7')) assert.equal(config(file).projLayers, 2, file);
  });
});
