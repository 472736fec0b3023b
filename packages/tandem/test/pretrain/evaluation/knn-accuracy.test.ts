import assert from 'node:assert/strict';
import test from 'node:test';
import { liveTensors, manualSeed } from 'tandem-torch';
import { accuracy, features, knn } from '../../../src/evaluate/index.js';
import { knnAccuracy } from '../../../src/pretrain/evaluation/knn-accuracy.js';
import { context, newEncoder, noise, through } from './evaluating.js';

test('k-NN in parts is k-NN, and leaves no tensor behind', () => {
  manualSeed(0);
  const encoder = newEncoder();
  const [reference, queries] = [noise(1100, 1), noise(600, 2)];
  const before = liveTensors().count;
  const { result, seen } = through(knnAccuracy(encoder, { reference, queries }, context));
  // two parts of the queries vote
  assert.deepEqual(seen, [500, 1000, 1100, 1600, 1700, 1700, 1700]);
  assert.equal(liveTensors().count, before);
  const [known, asked] = [features(encoder, reference, context), features(encoder, queries, context)];
  const share = (k: number) => accuracy(knn(known, reference.labels, asked, { k }), queries.labels);
  assert.deepEqual(result, { nearest: share(1), weighted: share(200) });
  for (const owned of [known, asked, encoder]) owned.dispose();
});

test('a reference set of fewer than 200 images has no 200 voters', () => {
  const encoder = newEncoder();
  const { result } = through(knnAccuracy(encoder, { reference: noise(199, 1), queries: noise(5, 2) }, context));
  assert.deepEqual(Object.keys(result), ['nearest']);
  encoder.dispose();
});

test('an evaluation that is ended early frees what it held', () => {
  const encoder = newEncoder();
  const before = liveTensors().count;
  const evaluation = knnAccuracy(encoder, { reference: noise(1100, 1), queries: noise(600, 2) }, context);
  evaluation.next();
  assert.ok(liveTensors().count > before);
  evaluation.return({ nearest: 0 });
  assert.equal(liveTensors().count, before);
  encoder.dispose();
});
