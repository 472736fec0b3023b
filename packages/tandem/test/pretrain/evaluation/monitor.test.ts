import assert from 'node:assert/strict';
import test from 'node:test';
import { liveTensors, manualSeed, noGrad, scope } from '@tandem/torch';
import { accuracy, features, knn } from '../../../src/evaluate/index.js';
import type { ImageSet } from '../../../src/images/index.js';
import { methods } from '../../../src/methods/index.js';
import { buildEncoder } from '../../../src/networks/index.js';
import { diagnoseStudent, knnAccuracy, type LongLook } from '../../../src/pretrain/evaluation/monitor.js';
import { NotFiniteError } from '../../../src/pretrain/finite.js';
import { stream } from '../../../src/random.js';
import { evaluationView, smallView } from '../../../src/views/index.js';

const side = 8;

function noise(count: number, seed: number): ImageSet & { labels: Int32Array } {
  const random = stream(seed);
  const pixels = Uint8Array.from({ length: count * side * side }, () => random.below(256));
  const labels = Int32Array.from({ length: count }, () => random.below(3));
  return { name: 'noise', count, channels: 1, height: side, width: side, pixels, labels };
}

const newEncoder = () => buildEncoder({ backbone: 'resnet10', width: 4, stem: 'small', channels: 1 });
const look = {
  view: evaluationView({ size: side, channels: 1, mean: [0.5], std: [0.25] }),
  device: 'cpu',
  memoryFormat: 'contiguous',
} as const;

function through<T>(long: LongLook<T>): { result: T; seen: number[] } {
  const seen: number[] = [];
  for (;;) {
    const { done, value } = long.next();
    if (done) return { result: value, seen };
    seen.push(value.done);
  }
}

test('k-NN in parts is k-NN, and leaves no tensor behind', () => {
  manualSeed(0);
  const encoder = newEncoder();
  const [reference, queries] = [noise(1100, 1), noise(600, 2)];
  const before = liveTensors().count;
  const { result, seen } = through(knnAccuracy(encoder, { reference, queries }, look));
  // two parts of the queries vote
  assert.deepEqual(seen, [500, 1000, 1100, 1600, 1700, 1700, 1700]);
  assert.equal(liveTensors().count, before);
  const [known, asked] = [features(encoder, reference, look), features(encoder, queries, look)];
  const share = (k: number) => accuracy(knn(known, reference.labels, asked, { k }), queries.labels);
  assert.deepEqual(result, { nearest: share(1), weighted: share(200) });
  for (const owned of [known, asked, encoder]) owned.dispose();
});

test('a reference set of fewer than 200 images has no 200 voters', () => {
  const encoder = newEncoder();
  const { result } = through(knnAccuracy(encoder, { reference: noise(199, 1), queries: noise(5, 2) }, look));
  assert.deepEqual(Object.keys(result), ['nearest']);
  encoder.dispose();
});

test('a look that is ended early frees what it held', () => {
  const encoder = newEncoder();
  const before = liveTensors().count;
  const long = knnAccuracy(encoder, { reference: noise(1100, 1), queries: noise(600, 2) }, look);
  long.next();
  assert.ok(liveTensors().count > before);
  long.return({ nearest: 0 });
  assert.equal(liveTensors().count, before);
  encoder.dispose();
});

function student() {
  manualSeed(0);
  const view = smallView({ size: side, channels: 1, data: 'noise' });
  return methods.clbo.configure({ projHidden: 8, projDim: 8 }).build(newEncoder, [view, view]);
}

test('the student is diagnosed in evaluation mode, the same each time, and trains on', () => {
  const method = student();
  const set = noise(300, 3);
  const before = liveTensors().count;
  const looks = [1, 2].map(() => through(diagnoseStudent(method, set, 7, look)));
  assert.equal(liveTensors().count, before);
  assert.deepEqual(looks[0], looks[1]);
  assert.deepEqual(looks[0]?.seen, [256, 300]);
  assert.ok(Object.values(looks[0]?.result ?? {}).every(Number.isFinite));
  assert.equal(method.student.training, true);
});

test('projections that are no numbers are refused', () => {
  const method = student();
  scope(() => noGrad(() => method.student.parameters().at(-1)?.fill_(Number.NaN)));
  assert.throws(() => through(diagnoseStudent(method, noise(10, 3), 7, look)), NotFiniteError);
});
