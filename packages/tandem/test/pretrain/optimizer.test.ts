import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noGrad, optim, type Tensor, zerosLike } from 'tandem-torch';
import { methods } from '../../src/methods/index.js';
import { buildEncoder, freezeFirst } from '../../src/networks/index.js';
import { resolveConfig } from '../../src/pretrain/index.js';
import { baseLr, excluded, newOptimizer } from '../../src/pretrain/optimizer.js';
import { tinyMethod } from '../methods/stepping.js';
import { assertClose, elements } from '../support.js';

const config = (settings: object = {}) => resolveConfig({ images: 'pictures', ...settings }).training;

/** A step with gradients of zero, so that weight decay alone moves what it may. */
function decayed(settings: Readonly<Record<string, unknown>>): { name: string; moved: boolean; vector: boolean }[] {
  const method = tinyMethod('simclr');
  const optimizer = newOptimizer(config({ method: 'simclr', lr: 0.5, weightDecay: 0.1, ...settings }), method);
  const named = method.student.namedParameters();
  // Nothing is 0, or decay would not show.
  noGrad(() => {
    for (const [, x] of named) x.add_(3);
  });
  for (const [, x] of named) x.grad = zerosLike(x);
  const before = named.map(([, x]) => String(elements(x)));
  optimizer.step();
  return named.map(([name, x], i) => ({ name, moved: String(elements(x)) !== before[i], vector: x.ndim <= 1 }));
}

describe('the optimizer of a run', () => {
  test('its kind and settings are those of the configuration', () => {
    const method = tinyMethod('clbo');
    const made = (settings: object) => newOptimizer(config(settings), method);
    const sgd = made({ momentum: 0.8, nesterov: true, weightDecay: 0.01, lr: 0.2 });
    assert.ok(sgd instanceof optim.SGD);
    const { lr, momentum, nesterov, weightDecay } = sgd.groups[0] as (typeof sgd.groups)[number];
    assert.deepEqual([lr, momentum, nesterov, weightDecay], [0.2, 0.8, true, 0.01]);
    const lars = made({ optimizer: 'lars', larsTrust: 0.02, larsClip: true, larsMomentum: 'steps', momentum: 0.7 });
    assert.ok(lars instanceof optim.LARS);
    const group = lars.groups[0] as (typeof lars.groups)[number];
    assert.deepEqual([group.trust, group.clip, group.momentumOf, group.momentum], [0.02, true, 'steps', 0.7]);
    const adamw = made({ optimizer: 'adamw', lr: 1e-3, weightDecay: 0.05 });
    assert.ok(adamw instanceof optim.AdamW);
    assert.deepEqual([adamw.groups[0]?.lr, adamw.groups[0]?.weightDecay], [1e-3, 0.05]);
  });

  test('one group of all that is learned, unless some of it keeps its rate', () => {
    const method = tinyMethod('simsiam', { constantPredictorLr: false });
    const { groups } = newOptimizer(config({ method: 'simsiam' }), method);
    assert.equal(groups.length, 1);
    assert.deepEqual(groups[0]?.parameters, method.student.parameters());
  });

  test('layerDecay: each block of a transformer has the rate of the next times it, heads and last norm the full one', () => {
    const encoder = buildEncoder({
      backbone: 'vit-micro',
      width: 8,
      heads: 2,
      depth: 2,
      patch: 4,
      size: 8,
      channels: 3,
    });
    const method = methods.simclr.configure({ projHidden: 4, projDim: 4 }).build(() => encoder, []);
    const { groups } = newOptimizer(config({ method: 'simclr', layerDecay: 0.5 }), method);
    assert.deepEqual(
      groups.map(({ lrScale }) => lrScale),
      [0.125, 0.25, 0.5, 1],
    );
    const [first, second, third, last] = groups.map(({ parameters }) => new Set(parameters));
    const named = Object.fromEntries(method.student.namedParameters());
    for (const [name, x] of Object.entries(named)) {
      const block = /^encoder\.blocks\.(\d)\./.exec(name)?.[1];
      const isLast = /^(encoder\.norm|head)\./.test(name);
      const group = block === '0' ? second : block === '1' ? third : isLast ? last : first;
      assert.ok(group?.has(x), name);
    }
    method.student.dispose();
  });

  test("freeze: the first layers get no gradient and are not the optimizer's; too many, or of other networks, are refused", () => {
    const resnet = buildEncoder({ backbone: 'resnet10', width: 4, stem: 'small', channels: 3 });
    freezeFirst(resnet, 3);
    const learned = resnet.namedParameters().filter(([, x]) => x.requiresGrad);
    assert.deepEqual([...new Set(learned.map(([name]) => name.split('.')[0]))], ['layer3', 'layer4']);
    const method = methods.simclr.configure({ projHidden: 4, projDim: 4 }).build(() => resnet, []);
    const { groups } = newOptimizer(config({ method: 'simclr' }), method);
    const held = groups.flatMap(({ parameters }) => parameters);
    assert.ok(learned.every(([, x]) => held.includes(x)) && held.every((x) => x.requiresGrad));
    assert.throws(() => freezeFirst(resnet, 5), /freeze=5 leaves nothing to learn: the network has 4 layers/);
    const binary = buildEncoder({ backbone: 'react-resnet8', width: 4, stem: 'small', channels: 3 });
    assert.throws(() => freezeFirst(binary, 1), /know the layers of resnet, vit and convnext networks alone$/);
    method.student.dispose();
    binary.dispose();
  });

  for (const optimizer of ['sgd', 'lars', 'adam', 'adamw']) {
    test(`${optimizer}: a predictor whose rate is constant has a group of its own, which the schedule leaves alone`, () => {
      const method = tinyMethod('simsiam');
      const made = newOptimizer(config({ method: 'simsiam', optimizer, lr: 0.4, scaleLr: true, batch: 128 }), method);
      const [others, predictor] = made.groups;
      assert.equal(made.groups.length, 2);
      assert.deepEqual(predictor?.parameters, method.student.predictor?.parameters());
      assert.deepEqual(
        new Set([...(others?.parameters ?? []), ...(predictor?.parameters ?? [])]),
        new Set(method.student.parameters()),
      );
      assert.equal(others?.parameters.length, 8);
      made.step({ lr: 0.01 });
      assert.deepEqual([others?.lr, predictor?.lr], [0.01, 0.2]);
    });
  }

  test('scaleLr: times batch / 256, or not at all', () => {
    assert.equal(baseLr(config({ lr: 0.06, batch: 512 })), 0.06);
    assertClose(baseLr(config({ lr: 0.06, batch: 512, scaleLr: true })), 0.12, { rtol: 1e-15 });
    assertClose(baseLr(config({ lr: 0.06, batch: 64, scaleLr: true })), 0.015, { rtol: 1e-15 });
    const made = newOptimizer(config({ lr: 0.1, batch: 64, scaleLr: true }), tinyMethod('clbo'));
    assertClose(made.groups[0]?.lr as number, 0.025, { rtol: 1e-15 });
  });

  test('exclude: vectors with LARS and AdamW, nothing with SGD, by default', () => {
    assert.equal(excluded(config()), 'none');
    for (const optimizer of ['lars', 'adam', 'adamw']) assert.equal(excluded(config({ optimizer })), 'vectors');
    assert.equal(excluded(config({ exclude: 'vectors' })), 'vectors');
    assert.equal(excluded(config({ optimizer: 'lars', exclude: 'none' })), 'none');
  });

  for (const optimizer of ['sgd', 'lars', 'adam', 'adamw']) {
    test(`${optimizer}: weight decay moves the vectors or not, as exclude says`, () => {
      for (const exclude of ['vectors', 'none']) {
        const all = decayed({ optimizer, exclude });
        assert.ok(all.some(({ vector }) => vector) && all.some(({ vector }) => !vector));
        for (const { name, moved, vector } of all) assert.equal(moved, !vector || exclude === 'none', name);
      }
    });
  }

  test('no tensor of teacher or bank is in it', () => {
    for (const name of ['moco', 'byol', 'moby', 'clbo']) {
      const method = tinyMethod(name);
      const held = new Set(
        newOptimizer(config({ method: name }), method).groups.flatMap(({ parameters }) => parameters),
      );
      const others: Record<string, Tensor> = { ...method.teacher?.stateDict(), ...method.state };
      for (const [key, x] of Object.entries(others)) assert.ok(!held.has(x), key);
    }
  });
});
