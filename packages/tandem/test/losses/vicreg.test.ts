import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scope, type Tensor, tensor } from 'tandem-torch';
import {
  covariance,
  invariance,
  sumOfTerms,
  type VicRegWeights,
  variance,
  vicRegLoss,
} from '../../src/losses/index.js';
import { assertClose, elements, normal } from '../support.js';
import { alike, gradients, numbers, reordered, whitened } from './support.js';

function of(a: Tensor, b: Tensor, weights?: Partial<VicRegWeights>): number {
  return sumOfTerms(vicRegLoss(a, b, weights)).item();
}

describe('VICReg', () => {
  test('constant embeddings: invariance 0, variance 0.99, covariance 0, together 24.75', () =>
    scope(() => {
      const z = alike(32, 16);
      assert.equal(invariance(z, z).item(), 0);
      assertClose(variance(z), 0.99, { rtol: 1e-14 });
      assertClose(covariance(z), 0, { atol: 1e-30 });
      assertClose(of(z, z), 24.75, { rtol: 1e-14 });
    }));

  test("with solo-learn's convention, variances added: 49.5", () =>
    scope(() => {
      const z = alike(32, 16);
      assertClose(of(z, z, { varianceWeight: 50 }), 49.5, { rtol: 1e-14 });
    }));

  test('whitened to unit unbiased variance and alike: 0', () =>
    scope(() => {
      const z = whitened(64, 16, 63);
      assertClose(of(z, z), 0, { atol: 1e-20 });
    }));

  test('independent: invariance about 2, variance about 0.02, covariance about 2 (d - 1) / (N - 1)', () =>
    scope(() => {
      const [n, d] = [256, 512];
      const [a, b] = [normal([n, d], 31), normal([n, d], 47)];
      const terms = vicRegLoss(a, b, { invarianceWeight: 1, varianceWeight: 1, covarianceWeight: 1 });
      // Squares of differences have mean 2 and deviation sqrt(8).
      assertClose(terms.invariance as Tensor, 2, { atol: 4 * Math.sqrt(8 / (n * d)) });
      // A deviation is normal around 1 - 1 / 4N with sigma 1 / sqrt(2N); the hinge has the mean
      // sigma / sqrt(2 pi) + 1 / 8N and a deviation of 0.584 sigma, and it is averaged over 2d
      // dimensions.
      const sigma = 1 / Math.sqrt(2 * n);
      const hinge = sigma / Math.sqrt(2 * Math.PI) + 1 / (8 * n);
      assertClose(terms.variance as Tensor, hinge, { atol: (4 * 0.584 * sigma) / Math.sqrt(2 * d) });
      assertClose(terms.variance as Tensor, 0.02, { atol: 0.003 });
      // Of a branch: the squares of covariances spread by 2 / N, and 2d / N times the mean variance
      // by 2 sqrt(2d) / (N sqrt(N)).
      const spread = Math.SQRT2 * Math.hypot(2 / n, (2 * Math.sqrt(2 * d)) / n ** 1.5);
      assertClose(terms.covariance as Tensor, (2 * (d - 1)) / (n - 1), { atol: 4 * spread });
    }));

  test('shifts do not matter to variance and covariance', () =>
    scope(() => {
      const z = normal([32, 4], 1);
      const shift = tensor([5, -3, 0.1, 100], { dtype: 'float64' });
      assertClose(variance(z.add(shift)), variance(z), { rtol: 1e-10 });
      assertClose(covariance(z.add(shift)), covariance(z), { rtol: 1e-10 });
    }));

  test('no variance gradient where the deviation is above 1', () =>
    scope(() => {
      const z = normal([32, 4], 1);
      const [spread] = z.varMean([0]);
      const scaled = z.div(spread.sqrt()).mul(tensor([0.5, 1.5, 0.9, 1.001], { dtype: 'float64' }));
      const [found] = gradients((x) => variance(x as Tensor), scaled);
      const [first, second, third, fourth] = elements((found as Tensor).abs().sum([0]));
      assert.deepEqual([second, fourth], [0, 0]);
      assert.ok((first as number) > 0 && (third as number) > 0);
    }));

  test('fewer images than dimensions: covariance at least d / (N - 1) - 1 a branch', () =>
    scope(() => {
      const z = normal([32, 512], 5);
      const [spread] = z.varMean([0]);
      const found = covariance(z.div(spread.sqrt())).item();
      assertClose(512 / 31 - 1, 15.5, { atol: 0.05 });
      assert.ok(found >= 512 / 31 - 1 - 1e-9, String(found));
    }));

  test('swapping the views or permuting the images changes nothing, pairing the wrong images does', () =>
    scope(() => {
      const [a, b] = [normal([6, 8], 1), normal([6, 8], 2)];
      const order = [3, 1, 5, 0, 2, 4];
      assertClose(of(b, a), of(a, b), { rtol: 1e-13 });
      assertClose(of(reordered(a, order), reordered(b, order)), of(a, b), { rtol: 1e-13 });
      assert.ok(Math.abs(of(reordered(a, order), b) - of(a, b)) > 0.01);
    }));

  test('the scale of embeddings matters: they are not normalised', () =>
    scope(() => {
      const [a, b] = [normal([6, 8], 1), normal([6, 8], 2)];
      assertClose(invariance(a.mul(3), b.mul(3)), invariance(a, b).mul(9), { rtol: 1e-12 });
      assertClose(covariance(a.mul(3)), covariance(a).mul(81), { rtol: 1e-12 });
    }));

  test("the terms: weighted, the mean of both views' variance and the sum of their covariance", () =>
    scope(() => {
      const [a, b] = [normal([6, 8], 1).mul(0.6), normal([6, 8], 2).mul(0.4)];
      const [va, vb, ca, cb] = [variance(a), variance(b), covariance(a), covariance(b)].map((x) => x.item()) as [
        number,
        number,
        number,
        number,
      ];
      assert.ok(va > 0 && vb > va);
      const terms = vicRegLoss(a, b, { invarianceWeight: 3, varianceWeight: 5, covarianceWeight: 7 });
      assert.deepEqual(Object.keys(terms), ['invariance', 'variance', 'covariance']);
      assertClose(terms.invariance as Tensor, 3 * invariance(a, b).item(), { rtol: 1e-14 });
      assertClose(terms.variance as Tensor, (5 * (va + vb)) / 2, { rtol: 1e-14 });
      assertClose(terms.covariance as Tensor, 7 * (ca + cb), { rtol: 1e-14 });
      const expected = 25 * invariance(a, b).item() + 12.5 * (va + vb) + ca + cb;
      assertClose(of(a, b), expected, { rtol: 1e-14 });
    }));

  test('variance and covariance from their definition', () =>
    scope(() => {
      const [n, d] = [5, 3];
      const embeddings = normal([n, d], 1).mul(0.6);
      const z = numbers(embeddings);
      const means = [0, 1, 2].map((j) => z.reduce((sum, row) => sum + (row[j] as number), 0) / n);
      const centred = z.map((row) => row.map((x, j) => x - (means[j] as number)));
      const product = (i: number, j: number) =>
        centred.reduce((sum, row) => sum + (row[i] as number) * (row[j] as number), 0) / (n - 1);
      let [hinge, square] = [0, 0];
      for (let i = 0; i < d; i++) {
        hinge += Math.max(0, 1 - Math.sqrt(product(i, i) + 1e-4)) / d;
        for (let j = 0; j < d; j++) if (i !== j) square += product(i, j) ** 2 / d;
      }
      assert.ok(hinge > 0);
      assertClose(variance(embeddings), hinge, { rtol: 1e-12 });
      assertClose(covariance(embeddings), square, { rtol: 1e-12 });
    }));
});
