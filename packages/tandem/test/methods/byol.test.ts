import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noGrad, scope, type Tensor } from 'tandem-torch';
import { negativeCosine } from '../../src/losses/index.js';
import { assertClose, elements, hash } from '../support.js';
import { lossOf, Stepping, shared, stepContext, stepInfo, teacherOf, tinyMethod, viewsOf } from './stepping.js';

describe('target and loss of BYOL', () => {
  test('no gradient reaches the target', () => {
    const method = tinyMethod('byol');
    new Stepping(method).take(2);
    for (const x of teacherOf(method).parameters()) assert.ok(x.grad === null && !x.requiresGrad);
  });

  test('eta 1 holds the target, eta 0 makes it the student after every step', () => {
    const stays = tinyMethod('byol', { eta: 1 });
    const before = hash(shared(teacherOf(stays)));
    new Stepping(stays).take(3);
    assert.equal(hash(shared(teacherOf(stays))), before);
    const follows = tinyMethod('byol', { eta: 0, etaSchedule: 'constant' });
    const stepping = new Stepping(follows);
    for (let step = 0; step < 3; step++) {
      stepping.take();
      assert.equal(hash(shared(teacherOf(follows))), hash(shared(follows.student)));
    }
  });

  test('the target keeps eta of itself at the first step, and nearly all at the last', () => {
    for (const [step, kept] of [
      [0, 0.9],
      [50, 0.95],
      [99, 1 - 0.1 * Math.sin(Math.PI / 200) ** 2],
    ] as const) {
      const method = tinyMethod('byol', { eta: 0.9 }, { dtype: 'float64' });
      const xi = shared(teacherOf(method));
      const theta = shared(method.student);
      noGrad(() => {
        for (const x of theta) x.add_(1);
      });
      const before = xi.flatMap(elements);
      method.afterStep?.(stepContext({ step, steps: 100 }));
      const aim = theta.flatMap(elements);
      assertClose(
        xi.flatMap(elements),
        before.map((x, i) => kept * x + (1 - kept) * (aim[i] as number)),
        { rtol: 1e-12, atol: 1e-14 },
      );
      assertClose(method.metrics?.(stepInfo({ step: step + 1, steps: 100 })).eta as number, kept, { rtol: 1e-14 });
    }
  });

  test("the loss is 4 + 4 L' where L' is the mean of the negative cosines", () =>
    scope(() => {
      const method = tinyMethod('byol', {}, { dtype: 'float64' });
      const [a, b] = viewsOf(0, method.student.parameters()[0] as Tensor);
      const [ta, tb] = [a, b].map((x) => teacherOf(method).forward(x)) as [Tensor, Tensor];
      const [pa, pb] = [a, b].map((x) => method.student.predict(method.student.forward(x))) as [Tensor, Tensor];
      const other = negativeCosine(pa, tb).add(negativeCosine(pb, ta)).div(2);
      assertClose(lossOf(method, [a, b]), 4 + 4 * other.item(), { rtol: 1e-13 });
    }));
});
