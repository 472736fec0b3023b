import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noGrad, type Tensor, tensor } from 'tandem-torch';
import { emaSchedule, emaTeacher } from '../../src/teachers/index.js';
import { stepContext } from '../methods/stepping.js';
import { assertClose, elements } from '../support.js';
import { point } from './support.js';

describe('emaSchedule', () => {
  test('constant: eta at every step', () => {
    const schedule = emaSchedule({ eta: 0.97, etaSchedule: 'constant' });
    for (const step of [0, 1, 50, 99, 100]) assert.equal(schedule({ step, steps: 100 }), 0.97);
  });

  for (const eta of [0, 0.5, 0.97, 0.99, 0.996, 1]) {
    test(`cosine from ${eta}: eta at first, at last 1 - (1 - eta) sin^2(pi / 2K), never falling between`, () => {
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

describe('emaTeacher', () => {
  const [first, aim] = [
    [3, -1, 0.25],
    [0.5, 2, 7],
  ] as const;
  const set = (x: Tensor, to: readonly number[]) => noGrad(() => x.copy_(tensor(Float64Array.from(to))));
  const made = (options: Parameters<typeof emaTeacher>[1], counts: 'step' | 'next' = 'step') => {
    const student = point(first);
    const teacher = emaTeacher(student, options, { counts });
    return { theta: student.parameters()[0] as Tensor, xi: teacher.branch.parameters()[0] as Tensor, teacher };
  };

  for (const eta of [0, 0.5, 0.99, 1]) {
    test(`after n steps at eta ${eta} with a student that stands still, xi - theta = eta^n (xi_0 - theta)`, () => {
      const { theta, xi, teacher } = made({ eta, etaSchedule: 'constant' });
      set(theta, aim);
      for (let n = 1; n <= 30; n++) {
        teacher.afterStep(stepContext({ step: n - 1, steps: 30 }));
        const expected = first.map((x, i) => (aim[i] as number) + eta ** n * (x - (aim[i] as number)));
        assertClose(xi, expected, { rtol: 1e-13, atol: 1e-13, label: `step ${n}` });
        if (eta === 0 || eta === 1) assert.deepEqual(elements(xi), [...(eta === 0 ? aim : first)]);
        assert.deepEqual(elements(theta), [...aim]);
      }
    });
  }

  test('moved after a step by the number of the next one, it is at each step what moving before the forward makes of it', () => {
    const steps = 8;
    const options = { eta: 0.6, etaSchedule: 'cosine' } as const;
    /** The student's parameters when step k begins. */
    const path = Array.from({ length: steps + 1 }, (_, k) =>
      first.map((x, i) => (k === 0 ? x : x + Math.sin(3 * k + i))),
    );
    const seen = (counts: 'step' | 'next') => {
      const { theta, xi, teacher } = made(options, counts);
      return Array.from({ length: steps }, (_, k) => {
        const now = elements(xi);
        set(theta, path[k + 1] as number[]);
        teacher.afterStep(stepContext({ step: k, steps }));
        return now;
      });
    };
    let own: number[] = [...first];
    const before = path.slice(0, steps).map((theta, k) => {
      const eta = 1 - (0.4 * (Math.cos((Math.PI * k) / steps) + 1)) / 2;
      own = own.map((x, i) => eta * x + (1 - eta) * (theta[i] as number));
      return own;
    });
    const [after, shifted] = [seen('next'), seen('step')];
    for (let k = 0; k < steps; k++) assertClose(after[k] as number[], before[k] as number[], { rtol: 1e-13 });
    const gap = Math.max(...(shifted[4] as number[]).map((x, i) => Math.abs(x - (before[4]?.[i] as number))));
    assert.ok(gap > 1e-3, 'the index matters');
  });
});
