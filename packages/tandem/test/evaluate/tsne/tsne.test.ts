import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveCount, scope, type Tensor, tensor } from 'tandem-torch';
import { clusterScores, principalComponents, type TsneLayout, tsne } from '../../../src/evaluate/index.js';
import { affinities } from '../../../src/evaluate/tsne/affinities.js';
import { Quadtree } from '../../../src/evaluate/tsne/quadtree.js';
import { l2Normalize } from '../../../src/math.js';
import { assertClose, elements, normal } from '../../support.js';
import { pixelFeatures, reference, train } from '../blobs.js';

const { mapped } = reference.counts;
const reduced = () => principalComponents(l2Normalize(pixelFeatures(train, mapped)), 50);

/**
 * The divergence as it is defined, in plain loops over all pairs, with every neighbour and not only
 * the near ones.
 */
function exactDivergence(x: number[][], y: Float64Array, perplexity: number): number {
  const n = x.length;
  const squared = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, v, i) => sum + (v - (b[i] as number)) ** 2, 0);
  const p = x.map((own, i) => {
    const distances = x.map((other) => squared(own, other));
    let [low, high] = [0, 1e6];
    let row: number[] = [];
    for (let tried = 0; tried < 80; tried++) {
      const b = (low + high) / 2;
      const weights = distances.map((d, j) => (j === i ? 0 : Math.exp(-b * d)));
      const sum = weights.reduce((total, w) => total + w, 0);
      row = weights.map((w) => w / sum);
      const entropy = -row.reduce((total, share) => total + (share > 0 ? share * Math.log(share) : 0), 0);
      if (entropy > Math.log(perplexity)) low = b;
      else high = b;
    }
    return row;
  });
  const q = (i: number, j: number) =>
    1 / (1 + squared([y[2 * i] as number, y[2 * i + 1] as number], [y[2 * j] as number, y[2 * j + 1] as number]));
  let total = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (i !== j) total += q(i, j);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const share = ((p[i]?.[j] as number) + (p[j]?.[i] as number)) / (2 * n);
      if (i !== j && share > 0) sum += share * Math.log((share * total) / q(i, j));
    }
  }
  return sum;
}

describe('principal components', () => {
  test("variances are scikit-learn's, components are at right angles", () =>
    scope(() => {
      const x = reduced();
      assertClose(x.var([0]).narrow(0, 0, 5), reference.tsne.variances, { rtol: 1e-9 });
      const products = x.t().mm(x);
      assertClose(products.sub(products.diagonal().diag()), new Array(2500).fill(0), { atol: 1e-9 });
    }));

  test('no more than there are rows or columns', () =>
    scope(() => {
      assert.deepEqual([...principalComponents(normal([7, 20], 1), 50).shape], [7, 7]);
      assert.deepEqual([...principalComponents(normal([30, 4], 1), 50).shape], [30, 4]);
    }));
});

describe('t-SNE', () => {
  let layout: TsneLayout;

  test("the divergence is at most 5 % off that of scikit-learn's exact method at equal settings", () => {
    scope(() => {
      const x = reduced();
      layout = tsne(x, { perplexity: reference.tsne.perplexity });
      const exact = exactDivergence(x.toArray() as number[][], layout.points, reference.tsne.perplexity);
      const off = exact / reference.tsne.klDivergence - 1;
      assert.ok(Math.abs(off) < 0.05, `${exact} against ${reference.tsne.klDivergence}`);
      // What it says itself leaves out far neighbours, whose share is small.
      assert.ok(Math.abs(layout.divergence / exact - 1) < 0.1, `${layout.divergence} against ${exact}`);
    });
  });

  test('the same features give the same picture; progress is reported', () => {
    scope(() => {
      const told: number[] = [];
      const settings = { perplexity: 30, iterations: 20, exaggerated: 10 };
      const [a, b] = [tsne(reduced(), settings, (done) => told.push(done)), tsne(reduced(), settings)];
      assert.deepEqual(a, b);
      assert.deepEqual(
        told,
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
    });
  });

  test('clusters far apart stay apart, also where points lie on one another', () => {
    scope(() => {
      const own = Int32Array.from({ length: 120 }, (_, i) => i % 3);
      const centres = normal([3, 12], 3).mul(20).indexSelect(0, tensor(own));
      const some = centres.add(normal([120, 12], 4));
      const before = liveCount();
      for (const x of [some, centres]) {
        const { points, divergence } = tsne(x, { perplexity: 10, iterations: 300 });
        assert.ok(points.every(Number.isFinite) && Number.isFinite(divergence));
        const place: Tensor = tensor(points, { shape: [120, 2] });
        const { silhouette, nearest } = clusterScores(place, own, 'euclidean');
        assert.ok(silhouette > 0.7 && nearest === 1, `${silhouette}, ${nearest}`);
        place.dispose();
      }
      assert.equal(liveCount(), before);
    });
  });

  test('equal points, also but for rounding, and NaN are refused; close ones are laid out', () => {
    scope(() => {
      const one = normal([1, 8], 3).expand([20, 8]);
      const noise = normal([20, 8], 4);
      const settings = { perplexity: 5, iterations: 50 };
      for (const equal of [one, one.mul(0), one.add(noise.mul(1e-9))]) {
        assert.throws(() => tsne(equal, settings), {
          name: 'UserError',
          message: 't-SNE: the features of all 20 images are equal; the encoder tells none apart',
        });
      }
      assert.throws(() => tsne(noise.mul(Number.NaN), settings), { name: 'UserError', message: /NaN or infinite/ });
      assert.ok(tsne(one.add(noise.mul(1e-3)), settings).points.every(Number.isFinite));
    });
  });

  test('features of one number, two points, and too few points', () => {
    scope(() => {
      assert.equal(tsne(normal([20, 1], 1), { perplexity: 5, iterations: 50 }).points.length, 40);
      assert.ok(tsne(normal([2, 5], 1), { perplexity: 1, iterations: 50 }).points.every(Number.isFinite));
      for (const perplexity of [30, 20, 0.5, Number.NaN]) {
        assert.throws(() => tsne(normal([20, 4], 1), { perplexity }), {
          name: 'UserError',
          message: /t-SNE of 20 points needs a perplexity from 1 to less than 20/,
        });
      }
    });
  });
});

test('affinities are symmetric, sum to 1, and every row has the perplexity', () =>
  scope(() => {
    const n = 60;
    const { start, column, value } = affinities(normal([n, 5], 1), 8);
    const whole = Array.from({ length: n }, () => new Array<number>(n).fill(0));
    for (let i = 0; i < n; i++) {
      for (let e = start[i] as number; e < (start[i + 1] as number); e++) {
        (whole[i] as number[])[column[e] as number] = value[e] as number;
      }
    }
    assertClose(
      whole.flat().reduce((sum, p) => sum + p, 0),
      1,
      { atol: 1e-12 },
    );
    for (let i = 0; i < n; i++) {
      assert.equal(whole[i]?.[i], 0);
      for (let j = 0; j < n; j++) assertClose(whole[i]?.[j] as number, whole[j]?.[i] as number, { atol: 1e-15 });
    }
  }));

test('the tree repels as plain loops do, exactly or nearly', () => {
  for (const [points, name] of [
    [normal([300, 2], 5), 'a cloud'],
    [normal([300, 2], 5).mul(1e-4), 'a tiny cloud'],
    [normal([20, 2], 5).repeat([10, 1]), 'points on one another'],
    [tensor(new Float64Array(80), { shape: [40, 2] }), 'all in one place'],
  ] as const) {
    const at = Float64Array.from(elements(points));
    const n = at.length / 2;
    const wanted = new Float64Array(at.length);
    let total = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        if (i === j) continue;
        const [dx, dy] = [
          (at[2 * i] as number) - (at[2 * j] as number),
          (at[2 * i + 1] as number) - (at[2 * j + 1] as number),
        ];
        const q = 1 / (1 + dx * dx + dy * dy);
        total += q;
        wanted[2 * i] = (wanted[2 * i] as number) + q * q * dx;
        wanted[2 * i + 1] = (wanted[2 * i + 1] as number) + q * q * dy;
      }
    }
    const tree = new Quadtree(n);
    const largest = Math.max(...wanted.map(Math.abs));
    for (const [angle, tolerance] of [
      [0, 1e-9],
      [0.5, 0.02],
    ] as const) {
      const force = new Float64Array(at.length);
      tree.build(at);
      const sum = tree.repel(force, angle);
      assertClose(sum, total, { rtol: tolerance, label: name });
      assertClose([...force], [...wanted], { atol: tolerance * largest + 1e-12, label: `${name}, angle ${angle}` });
    }
  }
});
