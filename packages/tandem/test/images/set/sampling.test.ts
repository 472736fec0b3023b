import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { labelledShare } from '../../../src/images/index.js';

/** As many images as CIFAR-10 has, in an order of their own. */
const labels = Int32Array.from({ length: 50_000 }, (_, i) => (i * 7 + Math.floor(i / 10)) % 10);
const counts = (labels: Int32Array, rows: readonly number[]) =>
  [...new Set(labels)].sort().map((label) => rows.filter((i) => labels[i] === label).length);

describe('a share of the labels', () => {
  const [one, ten] = [labelledShare({ labels }, 0.01, 0), labelledShare({ labels }, 0.1, 0)];

  test('is even over the classes, and part of a larger one', () => {
    assert.deepEqual(counts(labels, one), new Array(10).fill(50));
    assert.deepEqual(counts(labels, ten), new Array(10).fill(500));
    const within = new Set(ten);
    assert.ok(one.every((i) => within.has(i)));
    assert.deepEqual(labelledShare({ labels }, 1, 0), [...labels.keys()]);
  });

  test('is a fixed list for each seed', () => {
    assert.deepEqual(one.slice(0, 5), [19, 263, 418, 522, 617]);
    assert.deepEqual(labelledShare({ labels }, 0.01, 0), one);
    assert.notDeepEqual(labelledShare({ labels }, 0.01, 1), one);
  });

  test('has more images of a larger class, and leaves none empty', () => {
    const labels = Int32Array.from({ length: 222 }, (_, i) => (i < 200 ? 0 : i < 219 ? 1 : 2));
    assert.deepEqual(counts(labels, labelledShare({ labels }, 0.2, 0)), [40, 4, 1]);
    assert.throws(() => labelledShare({ labels, classes: ['a', 'b', 'rare'] }, 0.1, 0), {
      name: 'UserError',
      message: "10% of the labels leaves class 'rare' empty, which has 3 images; give 17% or more",
    });
    assert.deepEqual(counts(labels, labelledShare({ labels }, 0.17, 0)), [34, 3, 1]);
  });
});
