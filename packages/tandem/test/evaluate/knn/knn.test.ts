import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveCount, scope, type Tensor, tensor } from 'tandem-torch';
import { accuracy, fewLabelsAccuracy, type KnnOptions, knn, knnVotes } from '../../../src/evaluate/index.js';
import { stream } from '../../../src/random.js';
import { normal } from '../../support.js';
import { queries as blobQueries, train as blobs, pixelFeatures, reference } from '../blobs.js';

function labelsOf(count: number, classes: number): Int32Array {
  const random = stream(7, count);
  return Int32Array.from({ length: count }, () => random.below(classes));
}

/** Classes around centres of their own, with overlap. */
function clouds(count: number, classes: number, seed: number, d = 16): { x: Tensor; labels: Int32Array } {
  const labels = labelsOf(count, classes);
  const centres = normal([classes, d], 99, 'float32').indexSelect(0, tensor(labels));
  return { x: centres.add(normal([count, d], seed, 'float32'), { alpha: 1.2 }), labels };
}

/**
 * The definition in plain loops and doubles: sort by similarity, then by index; the first k vote.
 */
function byLoops(known: Tensor, labels: Int32Array, queries: Tensor, k: number, temperature: number): number[] {
  const unit = (row: number[]) => row.map((x) => x / Math.max(Math.hypot(...row), 1e-12));
  const [references, asked] = [known, queries].map((x) => (x.toArray() as number[][]).map(unit)) as [
    number[][],
    number[][],
  ];
  return asked.map((q) => {
    const near = references
      .map((row, index) => ({ index, similarity: row.reduce((sum, x, i) => sum + x * (q[i] as number), 0) }))
      .sort((a, b) => b.similarity - a.similarity || a.index - b.index)
      .slice(0, k);
    const votes = new Map<number, number>();
    for (const { index, similarity } of near) {
      const label = labels[index] as number;
      votes.set(label, (votes.get(label) ?? 0) + Math.exp(similarity / temperature));
    }
    const most = Math.max(...votes.values());
    return Math.min(...[...votes].flatMap(([label, vote]) => (vote === most ? [label] : [])));
  });
}

const of = (known: Tensor, labels: Int32Array, queries: Tensor, options?: KnnOptions) => [
  ...knn(known, labels, queries, options),
];

describe('knn', () => {
  test('the reference set as queries: all right at k=1', () =>
    scope(() => {
      const { x, labels } = clouds(120, 5, 1);
      assert.equal(accuracy(knn(x, labels, x), labels), 1);
      assert.equal(accuracy(knn(x, labels, x, { k: 1 }), labels), 1);
    }));

  for (const k of [1, 5, 20]) {
    for (const temperature of [0.1, 0.07, 1]) {
      test(`k=${k}, temperature ${temperature}: as plain loops give it`, () =>
        scope(() => {
          const { x: known, labels } = clouds(90, 6, 2);
          const { x: queries } = clouds(70, 6, 3);
          const expected = byLoops(known, labels, queries, k, temperature);
          assert.deepEqual(of(known, labels, queries, { k, temperature }), expected);
          assert.ok(new Set(expected).size > 3);
        }));
    }
  }

  for (const { k, temperature, classes } of reference.knn) {
    test(`k=${k}, temperature ${temperature}: scikit-learn's predictions`, () =>
      scope(() => {
        const [known, queries] = [pixelFeatures(blobs), pixelFeatures(blobQueries)];
        const predicted = of(known, blobs.labels, queries, { k, temperature }).join('');
        assert.equal(predicted, classes);
        const float32 = of(known.to('float32'), blobs.labels, queries.to('float32'), { k, temperature });
        const same = float32.filter((label, i) => label === Number(classes[i])).length;
        assert.ok(same >= 0.998 * classes.length, `${same} of ${classes.length} in float32`);
      }));
  }

  test('the whole reference set may vote', () =>
    scope(() => {
      const { x, labels } = clouds(30, 3, 2);
      assert.deepEqual(of(x, labels, x, { k: 30 }), byLoops(x, labels, x, 30, 0.1));
    }));

  test('a vote that one neighbour decides is that of k=1', () =>
    scope(() => {
      const { x: known, labels } = clouds(60, 4, 4);
      const { x: queries } = clouds(40, 4, 5);
      const nearest = of(known, labels, queries);
      assert.deepEqual(of(known, labels, queries, { k: 10, temperature: 1e-5 }), nearest);
      assert.deepEqual(of(known, labels, queries, { k: 1, temperature: 5 }), nearest);
      assert.notDeepEqual(of(known, labels, queries, { k: 10, temperature: 1 }), nearest);
    }));

  test('the chunk size does not matter', () =>
    scope(() => {
      const { x: known, labels } = clouds(60, 4, 4);
      const { x: queries } = clouds(41, 4, 5);
      for (const k of [1, 7]) {
        const whole = of(known, labels, queries, { k });
        for (const chunk of [1, 2, 13, 40, 41, 42]) assert.deepEqual(of(known, labels, queries, { k, chunk }), whole);
      }
    }));

  test('the lengths of features do not matter', () =>
    scope(() => {
      const { x: known, labels } = clouds(60, 4, 4);
      const { x: queries } = clouds(40, 4, 5);
      for (const k of [1, 7]) {
        const before = of(known, labels, queries, { k });
        const lengths = normal([60, 1], 8, 'float32').abs().add(0.1);
        assert.deepEqual(of(known.mul(lengths), labels, queries.mul(1000), { k }), before);
      }
    }));

  test('of equally near neighbours those with the lowest index count', () =>
    scope(() => {
      const known = tensor([
        [0, 1],
        [1, 0],
        [2, 0],
        [1, 0],
        [4, 0],
        [1, 0],
      ]);
      const query = tensor([[3, 0]]);
      assert.deepEqual(of(known, Int32Array.of(9, 4, 1, 2, 3, 0), query), [4]);
      // Three of the five equal ones count: 1, 1 and 0, then 0, 1 and 1.
      assert.deepEqual(of(known, Int32Array.of(0, 1, 1, 0, 0, 0), query, { k: 3 }), [1]);
      assert.deepEqual(of(known, Int32Array.of(1, 0, 1, 1, 0, 0), query, { k: 3 }), [1]);
      // A nearer one keeps its place before them.
      const tilted = tensor([
        [1, 1],
        [1, 1],
        [1, 0],
        [1, 1],
        [1, 1],
        [1, 1],
      ]);
      assert.deepEqual(of(tilted, Int32Array.of(2, 2, 0, 1, 1, 1), query, { k: 3, temperature: 10 }), [2]);
      assert.deepEqual(of(tilted, Int32Array.of(2, 1, 0, 1, 1, 1), query, { k: 4, temperature: 10 }), [1]);
    }));

  test('many equal neighbours, as of a collapsed encoder: as plain loops give it', () =>
    scope(() => {
      const known = normal([3, 4], 1, 'float32').repeat([40, 1]);
      const labels = labelsOf(120, 5);
      const queries = normal([20, 4], 2, 'float32');
      for (const k of [1, 5, 20, 35]) {
        assert.deepEqual(of(known, labels, queries, { k }), byLoops(known, labels, queries, k, 0.1));
      }
    }));

  test('a reference set of many times k, with and without equal neighbours: as plain loops give it', () =>
    scope(() => {
      const { x, labels } = clouds(607, 6, 2);
      const { x: queries } = clouds(25, 6, 3);
      const twins = x.narrow(0, 0, 101).repeat([6, 1]).narrow(0, 0, 601);
      for (const k of [1, 2, 7, 12, 13]) {
        assert.deepEqual(of(x, labels, queries, { k }), byLoops(x, labels, queries, k, 0.1));
        const own = labelsOf(601, 5);
        assert.deepEqual(of(twins, own, queries, { k }), byLoops(twins, own, queries, k, 0.1), `twins, k=${k}`);
      }
    }));

  test('several votes at once are the votes one by one', () =>
    scope(() => {
      const { x: known, labels } = clouds(300, 6, 2);
      const { x: queries } = clouds(70, 6, 3);
      const votes = [{}, { k: 20, temperature: 0.07 }, { k: 5, temperature: 1 }, { k: 20 }];
      const together = knnVotes(known, labels, queries, votes).map((found) => [...found]);
      assert.deepEqual(
        together,
        votes.map((vote) => of(known, labels, queries, vote)),
      );
      assert.equal(new Set(together.map(String)).size, 4);
    }));

  test('random features are right as often as chance', () =>
    scope(() => {
      const labels = labelsOf(1000, 10);
      const right = accuracy(knn(normal([1000, 32], 1), labels, normal([1000, 32], 2)), labels);
      assert.ok(Math.abs(right - 0.1) < 0.04, String(right));
    }));

  test('k out of range and shapes that do not fit', () =>
    scope(() => {
      const { x, labels } = clouds(10, 2, 1);
      for (const k of [0, -1, 11, 1.5, Number.NaN]) {
        assert.throws(() => knn(x, labels, x, { k }), { name: 'RangeError', message: /k must be from 1 to 10/ });
      }
      assert.throws(() => knn(x, labels.subarray(1), x), { name: 'RangeError', message: /9 labels/ });
      assert.throws(() => knn(x, labels, normal([3, 15], 1)), { name: 'RangeError', message: /do not fit/ });
    }));

  test('nothing is left alive', () =>
    scope(() => {
      const { x, labels } = clouds(30, 3, 1);
      const before = liveCount();
      knn(x, labels, x, { k: 5, chunk: 7 });
      knn(x, labels, x);
      assert.equal(liveCount(), before);
    }));
});

test('accuracy is the share of equal labels', () => {
  assert.equal(accuracy(Int32Array.of(1, 2, 3, 4), Int32Array.of(1, 0, 3, 0)), 0.5);
});

describe('fewLabelsAccuracy', () => {
  test('far apart classes need one label each', () =>
    scope(() => {
      const labels = Int32Array.from({ length: 40 }, (_, i) => i % 4);
      const x = tensor(Array.from(labels, (label) => [0, 1, 2, 3].map((i) => (i === label ? 5 : 0)))).add(
        normal([40, 4], 1, 'float32'),
        { alpha: 0.1 },
      );
      assert.equal(fewLabelsAccuracy(x, labels, x, labels, { perClass: 1, draws: 3 }), 1);
    }));

  test('a mean over draws that the seed decides; all labels are the whole reference set', () =>
    scope(() => {
      const labels = Int32Array.from({ length: 60 }, (_, i) => i % 3);
      const centres = normal([3, 8], 5, 'float32').indexSelect(0, tensor(labels));
      const known = centres.add(normal([60, 8], 6, 'float32'), { alpha: 2 });
      const queries = centres.add(normal([60, 8], 7, 'float32'), { alpha: 2 });
      const share = (perClass: number, draws: number, seed: number) =>
        fewLabelsAccuracy(known, labels, queries, labels, { perClass, draws, seed });
      assert.equal(share(2, 5, 1), share(2, 5, 1));
      assert.notEqual(share(2, 5, 1), share(2, 5, 2));
      const whole = accuracy(knn(known, labels, queries), labels);
      assert.ok(Math.abs(share(20, 2, 1) - whole) < 1e-12);
      assert.ok(share(1, 20, 1) < whole);
      assert.throws(() => share(21, 1, 1), { name: 'RangeError', message: /not every class has 21 images/ });
    }));
});
