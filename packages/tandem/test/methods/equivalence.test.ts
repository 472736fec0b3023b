import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { grad, noGrad, scope, type Tensor } from 'tandem-torch';
import type { Method } from '../../src/methods/index.js';
import { assertClose, elements } from '../support.js';
import { lossOf, Stepping, teacherOf, tinyMethod, viewsOf } from './stepping.js';

/** The method with its loss, and so every gradient, times a factor. */
function scaled(method: Method, factor: number): Method {
  return { ...method, loss: (views, ctx) => lossOf(method, views, ctx).mul(factor) };
}

function everything({ student, teacher }: Method): number[] {
  return [...Object.values(student.stateDict()), ...Object.values(teacher?.stateDict() ?? {})].flatMap(elements);
}

function compare(one: Method, other: Method, steps = 6): void {
  const runs = [new Stepping(one), new Stepping(other)] as const;
  for (let step = 1; step <= steps; step++) {
    assertClose(runs[0].take(), runs[1].take(), { rtol: 1e-10, label: `loss of step ${step}` });
    const [ours, theirs] = [everything(one), everything(other)];
    assertClose(ours, theirs, { rtol: 1e-10, atol: 1e-12, label: `after step ${step}` });
  }
}

/** What a configuration of the study says. */
function experiment(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(`../../../../../experiments/${name}.json`, import.meta.url), 'utf8'));
}

const float64 = { dtype: 'float64' } as const;

describe('methods that are one another', () => {
  test('CLBO with mse, predictor, K=1 and no prox is BYOL with a constant eta, whose loss is twice as large', () => {
    const options = { loss: 'mse', predictor: true, lookahead: 1, prox: false, epochMode: 'one-pass', eta: 0.9 };
    const clbo = tinyMethod('clbo', options, float64);
    const byol = tinyMethod('byol', { eta: 0.9, etaSchedule: 'constant' }, float64);
    assert.deepEqual(everything(clbo), everything(byol));
    assert.deepEqual(clbo.rounds, { passes: 1, repeats: 1 });
    compare(clbo, scaled(byol, 0.5));
  });

  test('CLBO with the prox, or K=2, is not', () => {
    for (const options of [
      { lookahead: 1, prox: true, lambda0: 0.1 },
      { lookahead: 2, prox: false },
    ]) {
      const clbo = tinyMethod(
        'clbo',
        { loss: 'mse', predictor: true, epochMode: 'one-pass', eta: 0.9, ...options },
        float64,
      );
      const byol = tinyMethod('byol', { eta: 0.9, etaSchedule: 'constant' }, float64);
      assert.throws(() => compare(clbo, scaled(byol, 0.5)), /of step|after step/);
    }
  });

  test('a MoCo with one part is one with ordinary batch norm', () => {
    const one = tinyMethod('moco', { bnSplits: 1, shuffle: true }, float64);
    compare(one, tinyMethod('moco', { bnSplits: 1, shuffle: false }, float64));
    const parts = tinyMethod('moco', { bnSplits: 2, shuffle: false }, float64);
    const plain = tinyMethod('moco', { bnSplits: 1, shuffle: false }, float64);
    assert.throws(() => compare(parts, plain), /of step 1/);
  });

  test('SimCLR is CLBO at the moment when the teacher is a copy, as a value', () => {
    const simclr = tinyMethod('simclr', { temperature: 0.3 }, float64);
    const clbo = tinyMethod('clbo', { temperature: 0.3 }, float64);
    const of = (method: Method) =>
      noGrad(() => lossOf(method, viewsOf(0, method.student.parameters()[0] as Tensor))).item();
    assert.equal(of(simclr), of(clbo));
    noGrad(() => teacherOf(clbo).parameters()[0]?.add_(0.1));
    assert.notEqual(of(simclr), of(clbo));
  });

  for (const [name, row, options] of [
    ['barlow-twins', '11-clbo-barlow', { redundancy: 0.02 }],
    ['vicreg', '12-clbo-vicreg', {}],
  ] as const) {
    test(`in Table 4 the gradient of bilevel ${name} is that of ${name} while the teacher is a copy`, () => {
      const { scaleLoss, extends: _base, ...own } = experiment(`table4/${row}`);
      const bilevel = scaled(tinyMethod('clbo', { ...options, ...own }, float64), scaleLoss as number);
      const plain = tinyMethod(name, { ...options, projLayers: 2 }, float64);
      const gradient = (method: Method) => {
        const views = viewsOf(0, method.student.parameters()[0] as Tensor);
        return scope(() => {
          const parameters = method.student.parameters();
          return (grad(lossOf(method, views), parameters) as Tensor[]).flatMap(elements);
        });
      };
      assertClose(gradient(bilevel), gradient(plain), { rtol: 1e-9, atol: 1e-12 });
    });
  }
});
