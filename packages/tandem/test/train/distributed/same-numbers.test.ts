import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { distributed } from 'tandem-torch';
import { temporary } from '../../support.js';
import { deviations } from './running.js';
import { averaged, everyMethod } from './subjects.js';

const skip = distributed.hasDist() ? false : 'this engine is built without Gloo';

describe('several processes give the numbers of one', { skip }, () => {
  test('in float64 to 1e-10: loss, gradient and all state, every method on two and three', async (t) => {
    const task = { subjects: [...everyMethod, averaged], dtype: 'float64', steps: 10, batch: 12 } as const;
    const found = await deviations(temporary(t), task, [2, 3]);
    const wrong = [...found].filter(([, all]) =>
      all.some(({ loss, gradient, state }) => !(Math.max(loss, gradient, state) <= 1e-10)),
    );
    assert.deepEqual(wrong, []);
  });
});
