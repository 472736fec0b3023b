import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noGrad, scope, type Tensor } from 'tandem-torch';
import type { Method } from '../../src/methods/index.js';
import { assertClose, elements, hash } from '../support.js';
import { lossOf, Stepping, shared, stepContext, teacherOf, tinyMethod, viewsOf } from './stepping.js';

const queueOf = ({ state }: Method) => state?.bank1 as Tensor;
const rows = (queue: Tensor) => (queue.toArray() as number[][]).map(String);

for (const [name, options, keysOfStep] of [
  ['one direction', {}, 6],
  ['both directions', { symmetric: true }, 12],
] as const) {
  describe(`queue and loss of MoCo, ${name}`, () => {
    test('after Q / M steps no initial row survives, and the oldest leave first', () => {
      const method = tinyMethod('moco', options);
      const stepping = new Stepping(method);
      const first = rows(queueOf(method));
      let before = first;
      for (let step = 0; step < (2 * 24) / keysOfStep; step++) {
        assert.equal(method.state?.pointer?.item(), (step * keysOfStep) % 24);
        stepping.take();
        const now = rows(queueOf(method));
        now.forEach((row, i) => {
          const isNew = Math.floor(i / keysOfStep) === step % (24 / keysOfStep);
          assert.equal(row !== before[i], isNew, `row ${i} at step ${step}`);
        });
        before = now;
      }
      assert.ok(before.every((row) => !first.includes(row)));
    });

    test('every row has length 1', () => {
      const method = tinyMethod('moco', options);
      const stepping = new Stepping(method);
      for (let step = 0; step < 4; step++) {
        assertClose(queueOf(method).norm(2, [1]), new Array(24).fill(1), { atol: 1e-6 });
        stepping.take();
      }
    });

    test('eta 0: the teacher is the student after the step before; eta 1: it never changes', () => {
      const follows = tinyMethod('moco', { ...options, eta: 0 });
      const stepping = new Stepping(follows);
      for (let step = 0; step < 3; step++) {
        assert.equal(hash(shared(teacherOf(follows))), hash(shared(follows.student)), `step ${step}`);
        stepping.take();
      }
      const stays = tinyMethod('moco', { ...options, eta: 1 });
      const before = hash(shared(teacherOf(stays)));
      new Stepping(stays).take(3);
      assert.equal(hash(shared(teacherOf(stays))), before);
      assert.notEqual(hash(shared(stays.student)), before);
    });

    test('the loss is that of the queue before this batch; keys of the same batch are no negatives', () =>
      scope(() => {
        const method = tinyMethod('moco', { ...options, bnSplits: 1, shuffle: false }, { dtype: 'float64' });
        const [a, b] = viewsOf(0, queueOf(method));
        const unit = (z: Tensor) => noGrad(() => z.div(z.norm(2, [1], { keepdim: true })).toArray()) as number[][];
        const [qa, qb, ka, kb] = [method.student, teacherOf(method)].flatMap((x) => [
          unit(x.forward(a)),
          unit(x.forward(b)),
        ]);
        const queue = queueOf(method).toArray() as number[][];
        const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * (y[i] as number), 0);
        const oneWay = (q: number[][], k: number[][]) =>
          q.reduce((sum, x, i) => {
            const right = Math.exp(dot(x, k[i] as number[]) / 0.1);
            const wrong = queue.reduce((total, row) => total + Math.exp(dot(x, row) / 0.1), 0);
            return sum - Math.log(right / (right + wrong)) / q.length;
          }, 0);
        const [ab, ba] = [oneWay(qa as number[][], kb as number[][]), oneWay(qb as number[][], ka as number[][])];
        assertClose(lossOf(method, [a, b]), 'symmetric' in options ? (ab + ba) / 2 : ab, { rtol: 1e-11 });
      }));
  });
}

describe('the keys of MoCo', () => {
  const keys = (options: object) => {
    const method = tinyMethod('moco', options, { dtype: 'float64' });
    new Stepping(method).take();
    return elements(queueOf(method)).slice(0, 6 * 4);
  };

  test('of both directions: those of the first view come before those of the second', () =>
    scope(() => {
      const method = tinyMethod('moco', { symmetric: true, bnSplits: 1, shuffle: false, eta: 1 }, { dtype: 'float64' });
      const expected = viewsOf(0, queueOf(method)).flatMap((x) => {
        const z = noGrad(() => teacherOf(method).forward(x));
        return elements(z.div(z.norm(2, [1], { keepdim: true })));
      });
      new Stepping(method).take();
      assertClose(elements(queueOf(method)).slice(0, 12 * 4), expected, { rtol: 1e-13 });
    }));

  test('shuffling changes nothing but rounding with ordinary batch norm, and the keys with parts', () => {
    const apart = (bnSplits: number) => {
      const [plain, shuffled] = [keys({ bnSplits, shuffle: false }), keys({ bnSplits, shuffle: true })];
      return Math.max(...plain.map((x, i) => Math.abs(x - (shuffled[i] as number))));
    };
    assert.ok(apart(1) < 1e-12);
    assert.ok(apart(2) > 1e-3);
  });

  test('the order is one of the seed and the step', () => {
    const at = (changes: object) =>
      scope(() => {
        const method = tinyMethod('moco', {}, { dtype: 'float64' });
        return lossOf(method, viewsOf(0, queueOf(method)), stepContext(changes)).item();
      });
    assert.equal(at({}), at({}));
    assert.notEqual(at({ step: 1 }), at({}));
    assert.notEqual(at({ seed: 2 }), at({}));
  });
});
