import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { linalgSvd, liveCount, scope, type Tensor, tensor } from 'tandem-torch';
import { collapseWarning, diagnoseEmbeddings } from '../../src/evaluate/index.js';
import { assertClose, normal } from '../support.js';

describe('diagnoseEmbeddings', () => {
  test('random embeddings: std about 1 / sqrt(d), nearly full rank, alignment 2, uniformity about -4', () =>
    scope(() => {
      const d = 64;
      const { embeddingStd, effectiveRank, alignment, uniformity } = diagnoseEmbeddings(
        normal([1024, d], 1),
        normal([1024, d], 2),
      );
      assertClose(embeddingStd, 1 / Math.sqrt(d), { rtol: 0.02 });
      assert.ok(effectiveRank > 0.97 * d && effectiveRank <= d, String(effectiveRank));
      assertClose(alignment, 2, { rtol: 0.02 });
      // E exp(-2 (2 - 2 cos)) = exp(-4) E exp(4 cos), and cos is about normal with variance 1 / d.
      assertClose(uniformity, -4 + 16 / (2 * d), { atol: 0.01 });
    }));

  test('whitened embeddings have the effective rank d, whatever the lengths of their rows', () =>
    scope(() => {
      const [u] = linalgSvd(normal([50, 12], 3), { fullMatrices: false });
      assertClose(diagnoseEmbeddings(u, u).effectiveRank, 12, { rtol: 1e-12 });
      assertClose(diagnoseEmbeddings(u.mul(100), u).effectiveRank, 12, { rtol: 1e-12 });
    }));

  test('effective rank by hand: singular values 3 and 1', () =>
    scope(() => {
      const z = tensor(
        [
          [3, 0],
          [0, 1],
          [0, 0],
        ],
        { dtype: 'float64' },
      );
      const entropy = -(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25));
      assertClose(diagnoseEmbeddings(z, z).effectiveRank, Math.exp(entropy), { rtol: 1e-12 });
    }));

  test('collapsed: std 0, effective rank 1, alignment 0, uniformity 0', () => {
    for (const z of [normal([1, 16], 1), normal([1, 16], 1, 'float32'), normal([1, 16], 1).mul(0)]) {
      scope(() => {
        const all = z.expand([64, 16]).contiguous();
        const { embeddingStd, effectiveRank, alignment, uniformity } = diagnoseEmbeddings(all, all);
        assertClose(embeddingStd, 0, { atol: 1e-7 });
        assertClose(effectiveRank, 1, { atol: 1e-3 });
        assert.equal(alignment, 0);
        if (z.abs().sum().item() > 0) assertClose(uniformity, 0, { atol: 1e-5 });
      });
    }
  });

  test('collapsed to one line: rank 1 although the images differ', () =>
    scope(() => {
      const z = normal([64, 1], 1).mul(normal([1, 16], 2));
      assertClose(diagnoseEmbeddings(z, z).effectiveRank, 1, { atol: 1e-6 });
    }));

  test('alignment, uniformity and std from their definition; the lengths of rows do not matter to them', () =>
    scope(() => {
      const [a, b] = [normal([7, 5], 1), normal([7, 5], 2)];
      const unit = (z: Tensor) =>
        (z.toArray() as number[][]).map((row) => row.map((x) => x / Math.hypot(...row))) as number[][];
      const [u, v] = [unit(a), unit(b)];
      const apart = (x: number[], y: number[]) => x.reduce((sum, e, i) => sum + (e - (y[i] as number)) ** 2, 0);
      let [alignment, energy, pairs, std] = [0, 0, 0, 0];
      u.forEach((x, i) => {
        alignment += apart(x, v[i] as number[]) / 7;
        u.forEach((y, j) => {
          if (i >= j) return;
          energy += Math.exp(-2 * apart(x, y));
          pairs += 1;
        });
      });
      for (let j = 0; j < 5; j++) {
        const mean = u.reduce((sum, row) => sum + (row[j] as number), 0) / 7;
        std += Math.sqrt(u.reduce((sum, row) => sum + ((row[j] as number) - mean) ** 2, 0) / 7) / 5;
      }
      for (const factor of [1, 50]) {
        const found = diagnoseEmbeddings(a.mul(factor), b);
        assertClose(found.alignment, alignment, { rtol: 1e-12 });
        assertClose(found.uniformity, Math.log(energy / pairs), { rtol: 1e-12 });
        assertClose(found.embeddingStd, std, { rtol: 1e-12 });
      }
    }));

  test('two opposite points: alignment 4 of opposite views, uniformity log exp(-8)', () =>
    scope(() => {
      const z = tensor(
        [
          [2, 0],
          [-3, 0],
        ],
        { dtype: 'float64' },
      );
      const { alignment, uniformity } = diagnoseEmbeddings(z, z.mul(-1));
      assertClose(alignment, 4, { rtol: 1e-14 });
      assertClose(uniformity, -8, { rtol: 1e-12 });
    }));

  test('half precision is widened, and nothing is left alive', () =>
    scope(() => {
      const z = normal([32, 8], 1, 'bfloat16');
      const before = liveCount();
      assert.ok(Object.values(diagnoseEmbeddings(z, z)).every(Number.isFinite));
      assert.equal(liveCount(), before);
    }));
});

describe('collapse', () => {
  const of = (z: Tensor) => collapseWarning(diagnoseEmbeddings(z, z), z.shape[1] as number);

  test('healthy embeddings bring no warning, wide or narrow', () => {
    for (const d of [2, 8, 512]) assert.equal(of(normal([600, d], 1)), undefined, `${d}`);
  });

  test('one point, and one line, do', () => {
    const point = normal([1, 64], 1).add(normal([600, 64], 2).mul(1e-3));
    assert.match(of(point) as string, /^collapsed: all embeddings are nearly the same \(std 0\.00\d+ of about 0\.13, /);
    const line = normal([600, 1], 3).mul(normal([1, 64], 4));
    assert.match(of(line) as string, /^collapsed: the embeddings use hardly one dimension \(.*rank 1\.0 of 64\)$/);
  });
});
