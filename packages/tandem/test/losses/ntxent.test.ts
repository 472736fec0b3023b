import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cat, scope, type Tensor, tensor } from 'tandem-torch';
import { infoNce, ntXent } from '../../src/losses/index.js';
import { assertClose, normal } from '../support.js';
import { alike, assertOrthogonal, crossEntropy, gradients, matrix, numbers, reordered, type Two } from './support.js';

const student = (): Two => [normal([6, 8], 13), normal([6, 8], 14)];

describe('NT-Xent', () => {
  const of = (z: Two, temperature: number) => ntXent(z, { temperature }).item();

  test('all projections equal: ln(2N - 1)', () =>
    scope(() => {
      for (const n of [1, 2, 5, 256]) {
        assertClose(of([alike(n, 8), alike(n, 8)], 0.5), Math.log(2 * n - 1), { rtol: 1e-12, atol: 1e-15 });
      }
    }));

  test('perfect pairs, all else orthogonal: ln(1 + (2N - 2) exp(-1/T))', () =>
    scope(() => {
      const z = matrix([
        [1, 0, 0],
        [0, 2, 0],
        [0, 0, 3],
      ]);
      for (const temperature of [0.1, 0.2, 0.5]) {
        assertClose(of([z, z], temperature), Math.log(1 + 4 * Math.exp(-1 / temperature)), { rtol: 1e-12 });
      }
    }));

  test('random projections: ln(2N - 1) + 1 / (2 d T^2), give or take 1 / (T sqrt(d N))', () =>
    scope(() => {
      const n = 256;
      for (const [d, temperature] of [
        [512, 0.5],
        [512, 0.1],
        [128, 0.1],
      ] as const) {
        const spread = 1 / (temperature * Math.sqrt(d * n));
        const expected = Math.log(2 * n - 1) + 1 / (2 * d * temperature ** 2);
        const found = [1, 2, 3, 4].map((k) => of([normal([n, d], 20 + k), normal([n, d], 30 + k)], temperature));
        for (const x of found) assertClose(x, expected, { atol: 4 * spread });
        assertClose(found.reduce((sum, x) => sum + x, 0) / 4, expected, { atol: 2 * spread });
      }
    }));

  test('the gradient is orthogonal to every projection', () =>
    scope(() => {
      const z = student();
      gradients((a, b) => ntXent([a as Tensor, b as Tensor], { temperature: 0.2 }), ...z).forEach((g, i) => {
        assertOrthogonal(g as Tensor, z[i] as Tensor);
      });
    }));

  test('the lengths of projections do not matter', () =>
    scope(() => {
      const [a, b] = student();
      const c = tensor([0.01, 1, 3, 50, 0.2, 1e4], { shape: [6, 1], dtype: 'float64' });
      assertClose(of([a.mul(c), b.mul(7)], 0.2), of([a, b], 0.2), { rtol: 1e-12 });
    }));

  test('swapping the views or permuting the images changes nothing, pairing the wrong images does', () =>
    scope(() => {
      const [a, b] = student();
      const order = [3, 1, 5, 0, 2, 4];
      const before = of([a, b], 0.2);
      assertClose(of([b, a], 0.2), before, { rtol: 1e-12 });
      assertClose(of([reordered(a, order), reordered(b, order)], 0.2), before, { rtol: 1e-12 });
      assert.ok(Math.abs(of([reordered(a, order), b], 0.2) - before) > 0.01);
    }));

  test('the cross-entropy of the 2N x (2N - 1) logits without the diagonal', () =>
    scope(() => {
      const [n, temperature] = [6, 0.2];
      const [a, b] = student();
      const rows = numbers(cat([a, b]));
      const dot = (x: number[], y: number[]) => x.reduce((sum, xi, i) => sum + xi * (y[i] as number), 0);
      const similarity = (x: number[], y: number[]) => dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y)) / temperature;
      const logits = rows.map((x, i) => rows.filter((_, j) => j !== i).map((y) => similarity(x, y)));
      // The diagonal is gone, so columns to its right moved by one.
      const positives = rows.map((_, i) => (i < n ? i + n - 1 : i - n));
      assert.deepEqual([logits.length, logits[0]?.length], [2 * n, 2 * n - 1]);
      const expected = crossEntropy(logits, positives);
      assertClose(of([a, b], temperature), expected, { rtol: 1e-12 });
      assertClose(of([a.to('float32'), b.to('float32')], temperature), expected, { rtol: 1e-6 });
    }));

  test('gradients reach both places of a projection: they are those of two separate copies, added', () =>
    scope(() => {
      const z = student();
      const options = { temperature: 0.2, negatives: 'all-others' } as const;
      const both = gradients((a, b) => ntXent([a as Tensor, b as Tensor], options), ...z) as Tensor[];
      const apart = gradients(
        (...t) => infoNce([t[0] as Tensor, t[1] as Tensor], [t[2] as Tensor, t[3] as Tensor], options),
        ...z,
        ...z,
      ) as Tensor[];
      both.forEach((g, i) => {
        assertClose(g, (apart[i] as Tensor).add(apart[i + 2] as Tensor), { rtol: 1e-12, atol: 1e-15 });
      });
    }));
});
