import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { optim, scope, tensor } from 'tandem-torch';
import { eagerContext, Stash } from '../../src/step/index.js';
import { elements } from '../support.js';

describe('the context of a step that is computed as it comes', () => {
  const info = { step: 4, steps: 9, epoch: 2, epochs: 3, lr: 0.5, seed: 7 };

  test('answers with the numbers of the step', () =>
    scope(() => {
      const ctx = eagerContext({ info });
      assert.equal(
        ctx.scalar(({ step, lr }) => step * lr),
        2,
      );
      assert.deepEqual(
        ctx.scalars(({ epoch, epochs }) => [epoch, epochs]),
        [2, 3],
      );
      assert.equal(
        ctx.branch(({ step }) => step % 2 === 0),
        true,
      );
      const indices = ctx.indices(({ seed }) => Int32Array.of(seed, 0), 'cpu');
      assert.deepEqual([indices.dtype, elements(indices)], ['int32', [7, 0]]);
      assert.equal(ctx.info, info);
      let done = 0;
      ctx.host(() => {
        done += 1;
      });
      assert.equal(done, 1);
    }));

  test('hands on labels and stash, and is what an optimizer takes', () =>
    scope(() => {
      const x = tensor([1, 2]);
      x.requiresGrad = true;
      const optimizer = new optim.SGD([x], { lr: 0.5, momentum: 0.9 });
      const [labels, stash] = [tensor([1]), new Stash()];
      const ctx = eagerContext({ info, labels, stash, resetMomentum: (inputs) => optimizer.reset(inputs) });
      assert.equal(ctx.labels, labels);
      assert.equal(ctx.stash, stash);
      x.sum().backward();
      optimizer.step({}, ctx);
      assert.deepEqual(elements(x), [0.5, 1.5]);
      const momenta = () => Object.values(optimizer.stateDict()).flatMap(elements);
      assert.ok(momenta().some((value) => value !== 0));
      ctx.resetMomentum();
      assert.ok(momenta().every((value) => value === 0));
      optimizer.dispose();
    }));
});
