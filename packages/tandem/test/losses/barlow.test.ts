import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scope, type Tensor, tensor } from 'tandem-torch';
import { barlowTwinsLoss, sumOfTerms } from '../../src/losses/index.js';
import { assertClose, normal } from '../support.js';
import { alike, numbers, reordered, whitened } from './support.js';

/** The diagonal term, the other one without a weight, and their sum with the paper's. */
function of(a: Tensor, b: Tensor): { onDiagonal: number; offDiagonal: number; loss: number } {
  const terms = barlowTwinsLoss(a, b, { redundancy: 1 }) as { onDiagonal: Tensor; offDiagonal: Tensor };
  return {
    onDiagonal: terms.onDiagonal.item(),
    offDiagonal: terms.offDiagonal.item(),
    loss: sumOfTerms(barlowTwinsLoss(a, b, { redundancy: 0.0051 })).item(),
  };
}

describe('Barlow Twins', () => {
  test('constant embeddings: exactly d', () =>
    scope(() => {
      const z = alike(32, 16);
      assert.deepEqual(of(z, z), { onDiagonal: 16, offDiagonal: 0, loss: 16 });
    }));

  test('whitened and alike: d * O(1e-10)', () =>
    scope(() => {
      const z = whitened(64, 16, 64);
      // C_ii = 1 / (1 + 1e-5), so the diagonal is d * 1e-10 and no more.
      assertClose(of(z, z).onDiagonal, 16e-10, { rtol: 1e-4 });
      assert.ok(of(z, z).loss < 16 * 1.1e-10, String(of(z, z).loss));
    }));

  test('independent: on-diagonal about d (1 + 1/N), off-diagonal about d (d - 1) / N', () =>
    scope(() => {
      const [n, d] = [256, 512];
      const { onDiagonal, offDiagonal } = of(normal([n, d], 31), normal([n, d], 47));
      // C_ij has the deviation 1 / sqrt(N): the sum of -2 C_ii spreads by 2 sqrt(d / N), that of
      // C_ij^2 by sqrt(2) d / N.
      assertClose(onDiagonal, d * (1 + 1 / n), { atol: 4 * 2 * Math.sqrt(d / n) });
      assertClose(offDiagonal, (d * (d - 1)) / n, { atol: (4 * Math.SQRT2 * d) / n });
    }));

  test('positive scale and shift of a dimension do not matter', () =>
    scope(() => {
      // Deviations far above sqrt(eps), which alone depends on the scale.
      const [a, b] = [normal([64, 8], 1).mul(1e4), normal([64, 8], 2).mul(1e4)];
      const scale = tensor([1, 2, 0.5, 3, 10, 1, 0.1, 4], { dtype: 'float64' });
      assertClose(of(a.mul(scale).add(scale.mul(1e4)), b).loss, of(a, b).loss, { rtol: 1e-9 });
      assertClose(of(a, b.mul(scale).sub(7)).loss, of(a, b).loss, { rtol: 1e-9 });
    }));

  test('a flipped sign costs (C_ii - 1)^2 = 4', () =>
    scope(() => {
      const z = whitened(64, 8, 64).mul(1e3);
      const flipped = z.mul(tensor([1, 1, -1, 1, 1, 1, 1, 1], { dtype: 'float64' }));
      assertClose(of(z, flipped).onDiagonal, 4, { rtol: 1e-9 });
    }));

  test('swapping the views or permuting the images changes nothing, pairing the wrong images does', () =>
    scope(() => {
      const [a, b] = [normal([6, 8], 1), normal([6, 8], 2)];
      const order = [3, 1, 5, 0, 2, 4];
      assertClose(of(b, a).loss, of(a, b).loss, { rtol: 1e-13 });
      assertClose(of(reordered(a, order), reordered(b, order)).loss, of(a, b).loss, { rtol: 1e-13 });
      assert.ok(Math.abs(of(reordered(a, order), b).loss - of(a, b).loss) > 0.01);
    }));

  test('fewer images than dimensions: the off-diagonal is at least d^2 / (N - 1) - d', () =>
    scope(() => {
      for (const [n, bound, loss] of [
        [256, 516, 2.63],
        [32, 7944, 40.5],
      ] as const) {
        const z = normal([n, 512], 5).mul(1e3);
        const found = of(z, z);
        assertClose(512 ** 2 / (n - 1) - 512, bound, { atol: 0.5 });
        assert.ok(found.offDiagonal >= 512 ** 2 / (n - 1) - 512, String(found.offDiagonal));
        assert.ok(found.loss >= loss, String(found.loss));
      }
    }));

  test('the off-diagonal term has its weight already, the diagonal has none', () =>
    scope(() => {
      const [a, b] = [normal([8, 4], 1), normal([8, 4], 2)];
      const one = of(a, b);
      for (const redundancy of [0, 0.0051, 0.5]) {
        const terms = barlowTwinsLoss(a, b, { redundancy });
        assert.deepEqual(Object.keys(terms), ['onDiagonal', 'offDiagonal']);
        assertClose(terms.onDiagonal as Tensor, one.onDiagonal, { rtol: 1e-15 });
        assertClose(terms.offDiagonal as Tensor, redundancy * one.offDiagonal, { rtol: 1e-15 });
      }
    }));

  test('biased variance, products over N, from the definition', () =>
    scope(() => {
      const [n, d] = [5, 3];
      const [a, b] = [normal([n, d], 1), normal([n, d], 2)];
      const standard = (z: number[][], j: number) => {
        const column = z.map((row) => row[j] as number);
        const mean = column.reduce((sum, x) => sum + x, 0) / n;
        const spread = column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n;
        return column.map((x) => (x - mean) / Math.sqrt(spread + 1e-5));
      };
      let [onDiagonal, offDiagonal] = [0, 0];
      for (let i = 0; i < d; i++) {
        for (let j = 0; j < d; j++) {
          const [u, v] = [standard(numbers(a), i), standard(numbers(b), j)];
          const c = u.reduce((sum, x, k) => sum + x * (v[k] as number), 0) / n;
          if (i === j) onDiagonal += (c - 1) ** 2;
          else offDiagonal += c ** 2;
        }
      }
      assertClose(of(a, b).onDiagonal, onDiagonal, { rtol: 1e-12 });
      assertClose(of(a, b).offDiagonal, offDiagonal, { rtol: 1e-12 });
      assertClose(of(a, b).loss, onDiagonal + 0.0051 * offDiagonal, { rtol: 1e-12 });
    }));
});
