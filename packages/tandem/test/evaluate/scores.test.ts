import assert from 'node:assert/strict';
import test from 'node:test';
import { accuracy, confusion, perClass, topAccuracy } from '../../src/evaluate/index.js';

const labels = Int32Array.of(0, 0, 1, 1, 1, 3);
const predictions = Int32Array.of(0, 1, 1, 1, 0, 3);

test('the confusion matrix has a row for each class; its diagonal is what was recognised', () => {
  const matrix = confusion(predictions, labels, 4);
  assert.deepEqual(matrix, [
    [1, 1, 0, 0],
    [1, 2, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 1],
  ]);
  assert.deepEqual(perClass(matrix), [1 / 2, 2 / 3, null, 1]);
  assert.equal(accuracy(predictions, labels), 4 / 6);
});

test('among the best two', () => {
  const ranked = Int32Array.of(0, 1, 1, 0, 2, 3, 1, 0, 0, 1, 2, 1);
  assert.equal(topAccuracy(ranked, 2, labels), 4 / 6);
});
