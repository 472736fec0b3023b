import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveCount, scope, type Tensor, tensor } from 'tandem-torch';
import { clusterScores, daviesBouldin } from '../../../src/evaluate/index.js';
import { bytesOf } from '../../../src/images/index.js';
import { l2Normalize } from '../../../src/math.js';
import { assertClose, normal } from '../../support.js';
import { pixelFeatures, reference, train } from '../blobs.js';

const few = reference.counts.mapped;
const labels = train.labels.subarray(0, few);

test('the images are those of the fixture', () => {
  assert.equal(bytesOf(train, 1, 2).join(' '), reference.firstPixels);
});

describe("silhouette, nearest neighbour and Davies-Bouldin are scikit-learn's to 1e-6", () => {
  test('by angle, in float64 and float32', () =>
    scope(() => {
      for (const dtype of ['float64', 'float32'] as const) {
        const x = pixelFeatures(train, few).to(dtype);
        const { silhouette, nearest } = clusterScores(x, labels, 'cosine');
        assertClose(silhouette, reference.clusters.silhouetteCosine, { atol: 1e-6, label: dtype });
        assertClose(nearest, reference.clusters.nearestCosine, { atol: 1e-12 });
        assertClose(daviesBouldin(l2Normalize(x), labels), reference.clusters.daviesBouldin, {
          atol: 1e-6,
          label: dtype,
        });
      }
    }));

  test('in the plane', () =>
    scope(() => {
      const plane = pixelFeatures(train, few).narrow(1, 0, 2);
      assertClose(clusterScores(plane, labels, 'euclidean').silhouette, reference.clusters.silhouettePlane, {
        atol: 1e-6,
      });
      assertClose(daviesBouldin(plane, labels), reference.clusters.daviesBouldinPlane, { atol: 1e-6 });
    }));
});

describe('odd points', () => {
  const points = (rows: number[][]): Tensor => tensor(rows);

  test('a class of one counts 0, a class number that does not occur counts nothing', () =>
    scope(() => {
      const x = points([
        [0, 0],
        [0, 1],
        [4, 0],
      ]);
      const byHand = (4 - 1) / 4 / 3 + (Math.sqrt(17) - 1) / Math.sqrt(17) / 3;
      assertClose(clusterScores(x, Int32Array.of(0, 0, 3), 'euclidean').silhouette, byHand, { atol: 1e-12 });
      assertClose(daviesBouldin(x, Int32Array.of(0, 0, 3)), 0.5 / Math.hypot(4, 0.5), { atol: 1e-12 });
    }));

  test('points on one another are no better than any others', () =>
    scope(() => {
      const x = points([
        [1, 1],
        [1, 1],
        [1, 1],
        [1, 1],
      ]);
      const two = Int32Array.of(0, 0, 1, 1);
      assert.equal(clusterScores(x, two, 'euclidean').silhouette, 0);
      assert.equal(clusterScores(x, two, 'cosine').silhouette, 0);
      assert.equal(daviesBouldin(x, two), 0);
    }));

  test('one class, or labels that do not fit, are refused', () =>
    scope(() => {
      const x = normal([4, 3], 1);
      for (const measure of [daviesBouldin, (a: Tensor, l: Int32Array) => clusterScores(a, l, 'cosine')]) {
        assert.throws(() => measure(x, Int32Array.of(1, 1, 1, 1)), { name: 'RangeError', message: /two classes/ });
        assert.throws(() => measure(x, Int32Array.of(0, 1, 0)), { name: 'RangeError', message: /3 labels/ });
      }
    }));

  test('nothing is left alive', () =>
    scope(() => {
      const x = normal([40, 3], 1);
      const alternate = Int32Array.from({ length: 40 }, (_, i) => i % 2);
      const before = liveCount();
      clusterScores(x, alternate, 'cosine');
      daviesBouldin(x, alternate);
      assert.equal(liveCount(), before);
    }));
});
