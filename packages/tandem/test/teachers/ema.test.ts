import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { emaSchedule } from '../../src/teachers/index.js';
import { assertClose } from '../support.js';

describe('emaSchedule', () => {
  test('constant: eta at every step', () => {
    const schedule = emaSchedule({ eta: 0.97, etaSchedule: 'constant' });
    for (const step of [0, 1, 50, 99, 100]) assert.equal(schedule({ step, steps: 100 }), 0.97);
  });

  for (const eta of [0, 0.5, 0.97, 0.99, 0.996, 1]) {
    test(`4. (d) cosine from ${eta}: eta at first, at last 1 - (1 - eta) sin^2(pi / 2K), never falling between`, () => {
      const schedule = emaSchedule({ eta, etaSchedule: 'cosine' });
      for (const steps of [1, 2, 7, 1000]) {
        const at = Array.from({ length: steps }, (_, step) => schedule({ step, steps }));
        assertClose(at[0] as number, eta, { atol: 1e-15 });
        assertClose(at.at(-1) as number, 1 - (1 - eta) * Math.sin(Math.PI / (2 * steps)) ** 2, { atol: 1e-15 });
        for (let step = 1; step < steps; step++) {
          const [before, now] = [at[step - 1] as number, at[step] as number];
          assert.ok(eta === 1 ? now === 1 : now > before, `step ${step} of ${steps}: ${before}, ${now}`);
        }
        assert.ok(at.every((x) => x >= 0 && (eta === 1 ? x === 1 : x < 1)));
        assert.equal(schedule({ step: steps, steps }), 1);
      }
      assertClose(schedule({ step: 50, steps: 100 }), (1 + eta) / 2, { rtol: 1e-15 });
    });
  }
});
