import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cat, noGrad, scope, type Tensor, tensor } from 'tandem-torch';
import { infoNce, type Negatives, ntXent } from '../../src/losses/index.js';
import { assertClose, elements, normal } from '../support.js';
import { alike, assertOrthogonal, cosine, gradients, matrix, reordered, type Two } from './support.js';

const student = (): Two => [normal([6, 8], 13), normal([6, 8], 14)];
const teacher = (): Two => [normal([6, 8], 11), normal([6, 8], 12)];

function value(s: Two, t: Two, negatives: Negatives, temperature = 0.2): number {
  return infoNce(s, t, { temperature, negatives }).item();
}

describe('InfoNCE of student and teacher', () => {
  test('all projections equal: ln(2N - 1) with all others as negatives, ln N with opposite views', () =>
    scope(() => {
      for (const n of [2, 5, 256]) {
        const z: Two = [alike(n, 8), alike(n, 8)];
        assertClose(value(z, z, 'all-others'), Math.log(2 * n - 1), { rtol: 1e-12 });
        assertClose(value(z, z, 'opposite-view'), Math.log(n), { rtol: 1e-12 });
      }
      const z = alike(256, 8);
      assertClose(value([z, z], [z, z], 'opposite-view'), 5.5452, { atol: 5e-5 });
    }));

  test('perfect pairs, all else orthogonal: ln(1 + (2N - 2) exp(-1/T)), and N - 1 with opposite views', () =>
    scope(() => {
      const z = matrix([
        [1, 0, 0],
        [0, 2, 0],
        [0, 0, 3],
      ]);
      for (const t of [0.1, 0.5]) {
        assertClose(value([z, z], [z, z], 'all-others', t), Math.log(1 + 4 * Math.exp(-1 / t)), { rtol: 1e-12 });
        assertClose(value([z, z], [z, z], 'opposite-view', t), Math.log(1 + 2 * Math.exp(-1 / t)), { rtol: 1e-12 });
      }
    }));

  test('with the student as teacher the value is NT-Xent exactly, the gradient is not a multiple of it', () =>
    scope(() => {
      const z = student();
      const options = { temperature: 0.2, negatives: 'all-others' } as const;
      const detached = (a: Tensor, b: Tensor) => infoNce([a, b], [a.detach(), b.detach()], options);
      assert.equal(detached(...z).item(), ntXent(z, options).item());
      const both = gradients((a, b) => ntXent([a as Tensor, b as Tensor], options), ...z) as Tensor[];
      const one = gradients((a, b) => detached(a as Tensor, b as Tensor), ...z) as Tensor[];
      const found = cosine(cat(both), cat(one));
      assert.ok(found < 0.999, `cosine ${found}`);
    }));

  for (const negatives of ['opposite-view', 'all-others'] as const) {
    const loss = (...z: Tensor[]) => {
      const [a, b, c, d] = z as [Tensor, Tensor, Tensor, Tensor];
      return infoNce([a, b], [c, d], { temperature: 0.2, negatives });
    };

    test(`${negatives}: a teacher made without gradient gets none, the student does`, () =>
      scope(() => {
        const [s, t] = [student(), teacher()];
        for (const x of [...s, ...t]) x.requiresGrad = true;
        loss(...s, ...noGrad(() => t.map((x) => x.clone()))).backward();
        for (const x of t) assert.equal(x.grad, null);
        for (const x of s) assert.ok(x.grad);
      }));

    test(`${negatives}: the gradient is orthogonal to every student row`, () =>
      scope(() => {
        const s = student();
        const found = gradients((a, b) => loss(a as Tensor, b as Tensor, ...teacher()), ...s);
        s.forEach((z, i) => {
          assertOrthogonal(found[i] as Tensor, z);
        });
      }));

    test(`${negatives}: the lengths of rows do not matter`, () =>
      scope(() => {
        const [s, t] = [student(), teacher()];
        const c = tensor([0.01, 1, 3, 50, 0.2, 1e4], { shape: [6, 1], dtype: 'float64' });
        const before = value(s, t, negatives);
        assertClose(value([s[0].mul(c), s[1]], [t[0], t[1].mul(c)], negatives), before, { rtol: 1e-12 });
      }));

    test(`${negatives}: swapping the views or permuting the images changes nothing`, () =>
      scope(() => {
        const [s, t] = [student(), teacher()];
        const before = value(s, t, negatives);
        assertClose(value([s[1], s[0]], [t[1], t[0]], negatives), before, { rtol: 1e-12 });
        const order = [3, 1, 5, 0, 2, 4];
        const mixed = [...s, ...t].map((z) => reordered(z, order)) as [Tensor, Tensor, Tensor, Tensor];
        assertClose(value([mixed[0], mixed[1]], [mixed[2], mixed[3]], negatives), before, { rtol: 1e-12 });
        assert.ok(Math.abs(value([reordered(s[0], order), s[1]], t, negatives) - before) > 0.01);
      }));
  }

  test('opposite views leave out the same view, all others include it', () =>
    scope(() => {
      const [s, t] = [student(), teacher()];
      const oneWay = (t1: Tensor, negatives: Negatives) => {
        const loss = (a?: Tensor) => infoNce([a as Tensor, s[1]], [t1, t[1]], { temperature: 0.2, negatives });
        return gradients(loss, s[0])[0] as Tensor;
      };
      const other = normal([6, 8], 99);
      assertClose(oneWay(t[0], 'opposite-view'), oneWay(other, 'opposite-view'), { atol: 1e-15 });
      assert.notDeepEqual(elements(oneWay(t[0], 'all-others')), elements(oneWay(other, 'all-others')));
    }));

  test('no image has its own same view as a negative', () =>
    scope(() => {
      // With one image the only logit left is the positive: the loss is 0 whatever the same view
      // looks like.
      const z: Two = [normal([1, 8], 13), normal([1, 8], 14)];
      assert.equal(value(z, [normal([1, 8], 5), normal([1, 8], 6)], 'all-others'), 0);
    }));

  test('a zero row is no division by zero', () =>
    scope(() => {
      const t: Two = [normal([3, 4], 3), normal([3, 4], 4)];
      const loss = (a?: Tensor, b?: Tensor) =>
        infoNce([a as Tensor, b as Tensor], t, { temperature: 0.2, negatives: 'all-others' });
      const s: Two = [normal([3, 4], 1).mul(0), normal([3, 4], 2)];
      assert.ok(Number.isFinite(loss(...s).item()));
      for (const g of gradients(loss, ...s)) assert.ok(elements(g as Tensor).every(Number.isFinite));
    }));
});
