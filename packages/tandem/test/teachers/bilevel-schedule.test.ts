import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type BilevelRates, bilevelSchedule } from '../../src/teachers/index.js';
import { assertClose } from '../support.js';

const literal: BilevelRates = {
  lambda0: 1e-4,
  eta: 0.99,
  lambdaSchedule: 'linear',
  tauSchedule: 'inverse',
  teacherRule: 'sgd',
};

describe('schedules', () => {
  test('tau_e * lambda_e is 1 - eta to 1e-12 in every epoch', () => {
    for (const eta of [0, 0.5, 0.99, 0.996, 0.9999]) {
      for (const lambda0 of [1e-5, 1e-4, 3e-3, 0.7]) {
        const schedule = bilevelSchedule({ ...literal, eta, lambda0 });
        for (let epoch = 1; epoch <= 1000; epoch++) {
          assertClose(schedule.tau(epoch) * schedule.lambda(epoch), 1 - eta, { atol: 1e-12 });
          assertClose(schedule.teacherRate(epoch), 1 - eta, { atol: 1e-12 });
          assertClose(schedule.lambda(epoch), lambda0 * epoch, { rtol: 1e-15 });
          assertClose(schedule.tau(epoch), (1 - eta) / lambda0 / epoch, { rtol: 1e-15 });
        }
      }
    }
    const { tau } = bilevelSchedule(literal);
    assertClose(tau(1), 100, { rtol: 1e-14 });
  });

  test('a given tau0 takes the place of eta', () => {
    const schedule = bilevelSchedule({ ...literal, tau0: 500 });
    assertClose(schedule.teacherRate(1), 0.05, { rtol: 1e-14 });
    assertClose(schedule.teacherRate(77), 0.05, { rtol: 1e-14 });
  });

  test('base-lambda: tau_e * lambda_0 decays as tau_0 lambda_0 / e, with 1 / lambda_0 as its own tau_0', () => {
    const schedule = bilevelSchedule({ ...literal, tauSchedule: 'base-lambda' });
    assertClose(schedule.teacherRate(1), 1, { rtol: 1e-15 });
    assertClose(schedule.teacherRate(100), 0.01, { rtol: 1e-14 });
    assertClose(schedule.teacherRate(800), 1 - 0.99875, { rtol: 1e-12 });
    assertClose(schedule.lambda(800), 0.08, { rtol: 1e-14 });
    assertClose(bilevelSchedule({ ...literal, tauSchedule: 'base-lambda', tau0: 100 }).teacherRate(4), 0.0025, {
      rtol: 1e-14,
    });
    // 1 / lambda0 * lambda0 may round, but never to more than the whole way.
    for (let i = 1; i < 2000; i++) {
      const rate = bilevelSchedule({ ...literal, tauSchedule: 'base-lambda', lambda0: i * 1.7e-6 }).teacherRate(1);
      assert.ok(rate <= 1 && rate > 1 - 1e-15);
    }
  });

  test('both schedules constant; one constant alone lets the rate run away', () => {
    const constant = bilevelSchedule({ ...literal, lambdaSchedule: 'constant', tauSchedule: 'constant' });
    for (const epoch of [1, 2, 500]) {
      assertClose([constant.lambda(epoch), constant.tau(epoch), constant.teacherRate(epoch)], [1e-4, 100, 0.01], {
        rtol: 1e-14,
      });
    }
    assertClose(bilevelSchedule({ ...literal, tauSchedule: 'constant' }).teacherRate(50), 0.5, { rtol: 1e-14 });
    assertClose(bilevelSchedule({ ...literal, lambdaSchedule: 'constant' }).teacherRate(50), 2e-4, { rtol: 1e-14 });
  });

  test('teacherRule ema: 1 - eta, whatever the schedules say', () => {
    for (const tauSchedule of ['inverse', 'constant', 'base-lambda'] as const) {
      const schedule = bilevelSchedule({ ...literal, tauSchedule, teacherRule: 'ema' });
      for (const epoch of [1, 9, 400]) assert.equal(schedule.teacherRate(epoch), 1 - 0.99);
    }
  });
});
