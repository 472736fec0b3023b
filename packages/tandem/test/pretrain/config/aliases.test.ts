import assert from 'node:assert/strict';
import test from 'node:test';
import { flattenConfig, knownSettings, resolveConfig } from '../../../src/pretrain/index.js';

test('another name of a setting is taken for the setting, which config.json holds', () => {
  const resolved = (given: object) => flattenConfig(resolveConfig({ images: 'x', ...given }));
  assert.deepEqual(resolved({ emaMomentum: '.9' }), resolved({ eta: 0.9 }));
  const moco = { method: 'moco', batch: 32 };
  assert.deepEqual(resolved({ ...moco, queue: 64 }), resolved({ ...moco, bank: 64 }));
  assert.equal(resolved({ ...moco, queue: 64 }).bank, 64);
  assert.ok(!('queue' in resolved({ ...moco, queue: 64 })) && knownSettings().includes('queue'));
});

test('a setting under two names, or of another method, is wrong usage', () => {
  for (const [given, message] of [
    [{ eta: 0.9, emaMomentum: 0.9 }, 'emaMomentum is another name of eta; give one'],
    [{ emaMomentum: 0.9, eta: 0.9 }, 'emaMomentum is another name of eta; give one'],
    [{ queue: 64 }, "'bank' is no setting of clbo but of moco, moby, seed, s2bnn. Did you mean 'backbone'?"],
  ] as const) {
    assert.throws(() => resolveConfig({ images: 'x', ...given }), { name: 'UsageError', message });
  }
});
