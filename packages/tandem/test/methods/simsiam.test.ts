import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { grad, noGrad, scope, type Tensor, tensor } from 'tandem-torch';
import { negativeCosine } from '../../src/losses/index.js';
import type { Method } from '../../src/methods/index.js';
import { resolveConfig } from '../../src/pretrain/index.js';
import { newOptimizer } from '../../src/pretrain/optimizer.js';
import { assertClose, elements, hash } from '../support.js';
import { lossOf, tinyMethod, viewsOf } from './stepping.js';

const inFloat64 = (options: object = {}) => tinyMethod('simsiam', options, { dtype: 'float64' });

/** Projections and predictions of both views. */
function outputs(method: Method) {
  const [a, b] = viewsOf(0, method.student.parameters()[0] as Tensor);
  const z = [method.student.forward(a), method.student.forward(b)] as const;
  const p = [method.student.predict(z[0]), method.student.predict(z[1])] as const;
  return { views: [a, b] as const, z, p };
}

describe('stop-gradient and projections of SimSiam', () => {
  test('moving a target changes the loss, though no gradient goes there', () =>
    scope(() => {
      const method = inFloat64();
      const { z, p } = outputs(method);
      const [p1, p2] = [p[0].detach(), p[1].detach()];
      const [target, other] = [z[1].detach(), z[0].detach()];
      const loss = (moved: Tensor) => negativeCosine(p1, moved).add(negativeCosine(p2, other)).div(2);
      const h = 1e-5;
      const nudge = tensor(
        Float64Array.from({ length: 24 }, (_, i) => (i === 0 ? h : 0)),
        { shape: [6, 4] },
      );
      const slope = (loss(target.add(nudge)).item() - loss(target.sub(nudge)).item()) / (2 * h);
      assert.ok(Math.abs(slope) > 1e-4, `slope ${slope}`);
      // The same two projections as leaves in place of the networks' own: the method's loss reaches
      // them through p alone.
      const learns = method.student;
      const leaves = z.map((x) => Object.assign(x.detach().clone(), { requiresGrad: true })) as unknown as [
        Tensor,
        Tensor,
      ];
      let next = 0;
      Object.assign(learns, { forward: () => leaves[next++] as Tensor, predict: (x: Tensor) => x.mul(0).add(p1) });
      const found = grad(lossOf(method, viewsOf(0, p1)), leaves) as Tensor[];
      for (const x of found) assert.ok(elements(x).every((value) => value === 0));
    }));

  test('without the stop the gradient is another, but the loss the same', () =>
    scope(() => {
      const method = inFloat64();
      const { views, z, p } = outputs(method);
      const without = negativeCosine(p[0], z[1]).add(negativeCosine(p[1], z[0])).div(2);
      const ours = lossOf(method, views);
      assertClose(ours, without, { rtol: 1e-13 });
      const encoder = method.student.encoder.parameters();
      const [stopped, free] = [ours, without].map((loss) => (grad(loss, encoder) as Tensor[]).flatMap(elements));
      const apart = (stopped as number[]).map((x, i) => Math.abs(x - ((free as number[])[i] as number)));
      assert.ok(Math.max(...apart) > 1e-3);
    }));

  test('projections have mean 0 and biased variance 1 in every dimension', () =>
    scope(() => {
      const { z } = outputs(tinyMethod('simsiam'));
      for (const x of z) {
        const [variance, mean] = noGrad(() => x.varMean([0], { unbiased: false }));
        assertClose(mean, [0, 0, 0, 0], { atol: 1e-6 });
        assertClose(variance, [1, 1, 1, 1], { atol: 1e-3 });
      }
    }));

  test('the predictor alone keeps its learning rate, if at all', () => {
    const settings = { images: 'pictures', method: 'simsiam' };
    for (const constantPredictorLr of [true, false]) {
      const method = tinyMethod('simsiam', { constantPredictorLr });
      const optimizer = newOptimizer(resolveConfig({ ...settings, constantPredictorLr }).training, method);
      const predictor = method.student.predictor?.parameters() ?? [];
      const [before, others] = [hash(predictor), hash(method.student.encoder.parameters())];
      lossOf(method, viewsOf(0, predictor[0] as Tensor)).backward();
      optimizer.step({ lr: 0 });
      assert.equal(hash(predictor) !== before, constantPredictorLr);
      assert.equal(hash(method.student.encoder.parameters()), others);
    }
  });
});
