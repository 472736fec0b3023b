import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { arange, scope, type Tensor } from 'tandem-torch';
import { Branch, Head, mlpHead } from '../../src/networks/index.js';
import { projectShuffled } from '../../src/step/index.js';
import { slowTeacher } from '../../src/teachers/index.js';
import { stepContext, tinyEncoder } from '../methods/stepping.js';
import { assertClose, elements, normal } from '../support.js';

/**
 * The order in which the teacher gets n images, and what comes back when it returns them as they
 * are.
 */
function orderOf(n: number, changes: object = {}, use?: number): { seen: number[]; back: number[] } {
  let seen: number[] = [];
  const project = (x: Tensor) => {
    seen = elements(x);
    return x;
  };
  return scope(() => {
    const back = elements(projectShuffled(project, arange(n), stepContext(changes), use));
    return { seen, back };
  });
}

const sorted = (some: readonly number[]) => [...some].sort((a, b) => a - b);

describe('projectShuffled', () => {
  test('the teacher sees every image once, in another order; projections come back in theirs', () => {
    for (const n of [1, 2, 33, 256]) {
      const { seen, back } = orderOf(n);
      const inOrder = Array.from({ length: n }, (_, i) => i);
      assert.deepEqual(sorted(seen), inOrder);
      assert.deepEqual(back, inOrder);
      if (n > 2) assert.notDeepEqual(seen, inOrder);
    }
  });

  test('seed, step and use decide on the order, nothing else does', () => {
    const { seen } = orderOf(64);
    assert.deepEqual(orderOf(64, { epoch: 7, epochs: 9, steps: 5, lr: 3 }).seen, seen);
    assert.deepEqual(orderOf(64, {}, 0).seen, seen);
    const others = [
      orderOf(64, { seed: 2 }),
      orderOf(64, { step: 1 }),
      orderOf(64, {}, 1),
      orderOf(64, { step: 1 }, 1),
    ];
    assert.equal(new Set([seen, ...others.map((other) => other.seen)].map(String)).size, 5);
  });

  for (const splits of [1, 3]) {
    test(`with ${splits} parts in batch norm it ${splits === 1 ? 'changes nothing but rounding' : 'mixes the parts'}`, () =>
      scope(() => {
        const head = new Head({ ...mlpHead(6, 2, 5, 4), splits });
        const teacher = slowTeacher(new Branch(tinyEncoder({ splits }).to({ dtype: 'float64' }), head));
        const images = normal([12, 3, 2, 2], 1);
        const project = (x: Tensor) => teacher.project([x])[0];
        const plain = project(images);
        const shuffled = projectShuffled(project, images, stepContext());
        assert.equal(shuffled.requiresGrad, false);
        if (splits === 1) assertClose(shuffled, plain, { rtol: 1e-12, atol: 1e-13 });
        else assert.ok(shuffled.sub(plain).abs().max().item() > 0.01);
      }));
  }
});
