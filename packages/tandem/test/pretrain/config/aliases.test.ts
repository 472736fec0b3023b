import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { methods } from '../../../src/methods/index.js';
import {
  describeOptions,
  flattenConfig,
  knownSettings,
  resolveConfig,
  runOptions,
  withoutAliases,
} from '../../../src/pretrain/index.js';

const resolved = (given: object) => flattenConfig(resolveConfig({ images: 'x', ...given }));

/** What settings and values were called before, and what they are called now. */
const formerly = [
  ['clbo', { epochMode: 'E1a' }, { epochMode: 'k-passes' }],
  ['clbo', { epochMode: 'E1b' }, { epochMode: 'k-steps' }],
  ['clbo', { epochMode: 'E2' }, { epochMode: 'one-pass' }],
  ['clbo', { teacherBn: 'B1' }, { teacherBn: 'own' }],
  ['clbo', { teacherBn: 'B2' }, { teacherBn: 'averaged' }],
  ['clbo', { teacherBn: 'B3' }, { teacherBn: 'student' }],
  ['clbo', { teacherBn: 'B4' }, { teacherBn: 'reestimated' }],
  ['clbo', { negatives: 'N1' }, { negatives: 'opposite-view' }],
  ['clbo', { negatives: 'N2' }, { negatives: 'all-others' }],
  ['clbo', { tauSchedule: 's2' }, { tauSchedule: 'base-lambda' }],
  ['clbo', { tauSchedule: 'const', lambdaSchedule: 'const' }, { tauSchedule: 'constant', lambdaSchedule: 'constant' }],
] as const;

describe('another name', () => {
  for (const [method, before, now] of formerly) {
    test(`${JSON.stringify(before)} is ${JSON.stringify(now)}, which config.json holds`, () => {
      const found = resolved({ method, ...before });
      assert.deepEqual(found, resolved({ method, ...now }));
      for (const [key, value] of Object.entries(now)) assert.equal(found[key], value);
    });
  }

  test('of eta is emaMomentum, wherever there is an eta', () => {
    for (const { name, options } of Object.values(methods)) {
      if (!Object.hasOwn(options.shape, 'eta')) continue;
      const rest = { method: name, ...(name === 's2bnn' && { teacher: 'runs/teacher' }) };
      assert.deepEqual(resolved({ ...rest, emaMomentum: '.9' }), resolved({ ...rest, eta: 0.9 }), name);
    }
  });

  test('of bank is queue, wherever there is a bank', () => {
    const rests = [{ method: 'moco' }, { method: 'moby' }, { method: 'seed', teacher: 't' }];
    for (const rest of [...rests, { method: 's2bnn', strategy: 'both', teacher: 't' }]) {
      const found = resolved({ ...rest, batch: 32, queue: 64 });
      assert.deepEqual(found, resolved({ ...rest, batch: 32, bank: 64 }));
      assert.equal(found.bank, 64);
      assert.ok(!('queue' in found));
    }
    assert.ok(knownSettings().includes('queue'));
  });

  test('is in the help of its setting', () => {
    const help = [runOptions, ...Object.values(methods).map(({ options }) => options)].flatMap(describeOptions);
    const named = new Map(help.filter(({ aliases }) => aliases.length > 0).map((one) => [one.name, one.aliases]));
    assert.deepEqual(Object.fromEntries(named), {
      epochMode: ['E1a', 'E1b', 'E2'],
      teacherBn: ['B1', 'B2', 'B3', 'B4'],
      negatives: ['N1', 'N2'],
      tauSchedule: ['const', 's2'],
      lambdaSchedule: ['const'],
      eta: ['emaMomentum'],
      bank: ['queue'],
      imageColumn: ['pathColumn'],
    });
  });

  test('is no other name of anything else', () => {
    const given = { method: 'clbo', loss: 'E2', N1: 'N1', lr: 's2', toString: 'constructor', teacherBn: 'toString' };
    assert.deepEqual(withoutAliases(given), given);
  });
});

test('a setting under two names, or of another method, is wrong usage', () => {
  for (const [given, message] of [
    [{ eta: 0.9, emaMomentum: 0.9 }, 'emaMomentum is another name of eta; give one'],
    [{ emaMomentum: 0.9, eta: 0.9 }, 'emaMomentum is another name of eta; give one'],
    [
      { queue: 64 },
      "'bank' is no setting of clbo but of moco, moby, seed, feature-matching, s2bnn. Did you mean 'backbone'?",
    ],
    [{ epochMode: 'E3' }, "unknown epochMode 'E3'; there is k-passes, k-steps, one-pass."],
  ] as const) {
    assert.throws(() => resolveConfig({ images: 'x', ...given }), { name: 'UsageError', message });
  }
});
