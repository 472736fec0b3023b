import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noGrad, scope, type Tensor } from 'tandem-torch';
import { l2Normalize } from '../../src/math.js';
import type { Method } from '../../src/methods/index.js';
import { assertClose, elements, hash, normal } from '../support.js';
import { lossOf, Stepping, shared, stepContext, teacherOf, tinyMethod, viewsOf } from './stepping.js';

const queuesOf = ({ state }: Method) => [state?.bank1, state?.bank2] as [Tensor, Tensor];

describe('queues and loss of MoBY', () => {
  test('each queue gets the keys of its own view, at one pointer', () => {
    const method = tinyMethod('moby', { eta: 0.9 }, { dtype: 'float64' });
    const stepping = new Stepping(method);
    for (let step = 0; step < 9; step++) {
      const teacher = teacherOf(method).twin().requiresGrad(false);
      const place = (6 * step) % 24;
      assert.equal(method.state?.pointer?.item(), place);
      stepping.take();
      scope(() => {
        const views = viewsOf(step, teacher.parameters()[0] as Tensor);
        queuesOf(method).forEach((queue, i) => {
          const keys = noGrad(() => l2Normalize(teacher.forward(views[i] as Tensor)));
          assertClose(elements(queue.narrow(0, place, 6).contiguous()), elements(keys), {
            rtol: 1e-12,
            label: `queue ${i + 1}`,
          });
        });
      });
      teacher.dispose();
    }
  });

  test('the first queue never gets keys of the second view: it is the same whatever that shows', () => {
    const after = (other: number) => {
      const method = tinyMethod('moby', { eta: 1 });
      const views = (step: number) => {
        const [a] = viewsOf(step, method.student.parameters()[0] as Tensor);
        return [a, normal([6, 3, 2, 2], other + step, 'float32')] as const;
      };
      new Stepping(method, { views }).take(5);
      return queuesOf(method).map((queue) => hash([queue]));
    };
    const [one, another] = [after(3000), after(4000)];
    assert.equal(one[0], another[0]);
    assert.notEqual(one[1], another[1]);
  });

  test('with the identity for a predictor, one direction is MoCo and the loss the sum of both', () =>
    scope(() => {
      const moby = tinyMethod('moby', {}, { dtype: 'float64' });
      Object.assign(moby.student, { predictor: null });
      const moco = tinyMethod('moco', { bnSplits: 1, shuffle: false, temperature: 0.2 }, { dtype: 'float64' });
      const [a, b] = viewsOf(0, moby.student.parameters()[0] as Tensor);
      const oneWay = (query: Tensor, key: Tensor, queue: Tensor) => {
        moco.student.loadStateDict(moby.student.stateDict());
        moco.teacher?.loadStateDict(teacherOf(moby).stateDict());
        noGrad(() => moco.state?.bank1?.copy_(queue));
        return lossOf(moco, [query, key]).item();
      };
      const [bank1, bank2] = queuesOf(moby);
      assertClose(lossOf(moby, [a, b]), oneWay(a, b, bank2) + oneWay(b, a, bank1), { rtol: 1e-13 });
    }));

  test('eta 1 holds the teacher, eta 0 makes it the student of the step before', () => {
    const stays = tinyMethod('moby', { eta: 1 });
    const before = hash(shared(teacherOf(stays)));
    new Stepping(stays).take(3);
    assert.equal(hash(shared(teacherOf(stays))), before);
    const follows = tinyMethod('moby', { eta: 0, etaSchedule: 'constant' });
    new Stepping(follows).take(3);
    assert.equal(hash(shared(teacherOf(follows))), hash(shared(follows.student)));
  });

  test('the teacher follows by eta of the step that comes', () => {
    const method = tinyMethod('moby', { eta: 0.9 }, { dtype: 'float64' });
    scope(() => {
      const ctx = stepContext({ step: 49, steps: 100 });
      lossOf(method, viewsOf(0, method.student.parameters()[0] as Tensor), ctx);
      noGrad(() => {
        for (const x of shared(method.student)) x.add_(1);
      });
      const before = shared(teacherOf(method)).flatMap(elements);
      method.afterStep?.(ctx);
      const expected = before.map((x) => x + (1 - 0.95));
      assertClose(shared(teacherOf(method)).flatMap(elements), expected, { rtol: 1e-12, atol: 1e-14 });
    });
  });
});
