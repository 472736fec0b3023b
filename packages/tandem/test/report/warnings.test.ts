import assert from 'node:assert/strict';
import test from 'node:test';
import { isEarly, openQuestions, warningsOf } from '../../src/report/warnings.js';
import { healthy, type Making, record } from './making.js';

const said = (making: Making) => warningsOf(record(making)).map(({ what }) => what);

/** The healthy numbers, each epoch with some of its own. */
const epochs = (count: number, own: (i: number) => object) => healthy(count).map((one, i) => ({ ...one, ...own(i) }));

test('a run that learns gives no cause', () => {
  assert.deepEqual(said({}), []);
  assert.deepEqual(said({ metrics: healthy(1), config: { epochs: 1 } }), []);
});

test('collapse is below a tenth of 1/sqrt(d), as of the last epoch', () => {
  const limit = 0.1 / Math.sqrt(64);
  const at = (std: number) => said({ metrics: epochs(6, (i) => (i === 5 ? { embeddingStd: std } : {})) });
  assert.deepEqual(at(limit * 1.001), []);
  const [warning, ...more] = at(limit * 0.999);
  assert.match(warning ?? '', /^The embeddings have collapsed: .*standard deviation 0\.012, healthy is about 0\.13/);
  assert.deepEqual(more, []);
  const features = { projLayers: 0, projDim: 1e6, features: 64 };
  assert.match(
    said({ config: features, metrics: epochs(6, () => ({ embeddingStd: limit * 0.9 })) })[0] ?? '',
    /collapsed/,
  );
});

test('k-NN that does not rise in the second half is flat, one that rises is not, and one that falls fell', () => {
  const knn = (of: (i: number) => number) =>
    said({ config: { epochs: 10 }, metrics: epochs(10, (i) => ({ knnTeacher: of(i), knnStudent: of(i) })) });
  assert.deepEqual(
    knn(() => 0.3),
    ['The k-NN accuracy has not risen in the second half of the run.'],
  );
  const flat = ['The k-NN accuracy has not risen in the second half of the run.'];
  assert.deepEqual(
    knn((i) => (i === 2 ? 0.319 : 0.3)),
    flat,
  );
  assert.deepEqual(
    knn((i) => (i === 7 ? 0.5 : i > 7 ? 0.481 : 0.3)),
    [],
  );
  assert.deepEqual(
    knn((i) => 0.3 + i / 500),
    [],
  );
  assert.deepEqual(
    knn((i) => 0.5 - i / 50),
    ['The k-NN accuracy of the teacher fell: 50.0 % in epoch 1, 32.0 % at the end.'],
  );
});

test('of few queries, differences that chance explains are no cause for advice', () => {
  const ending = (share: number, queries: number) => {
    const classes = { count: 2, first: { cat: 20, dog: 16 }, majority: 0.5, queries };
    return said({
      config: { tandem: { classes } },
      metrics: epochs(6, (i) => ({ knnTeacher: i < 5 ? 0.444 : share })),
    });
  };
  assert.deepEqual(ending(0.417, 36), []); // one picture of 36
  assert.match(
    ending(0.417, 3600).join(),
    /^The k-NN accuracy of the teacher fell: 44.4 % in epoch 1, 41.7 % at the end/,
  );
  assert.match(ending(0.1, 36).join(), /fell: 44.4 %/);
});

test('a loss that does not fall', () => {
  assert.deepEqual(said({ metrics: epochs(6, () => ({ loss: 5 })) }), ['The loss is not falling.']);
  assert.deepEqual(said({ metrics: epochs(6, (i) => ({ loss: 5 + i })) }), ['The loss is not falling.']);
});

test('a loss that swings more than it rose is no cause for advice', () => {
  const swinging = [5, 5.4, 4.8, 5.3, 4.9, 5.3];
  assert.deepEqual(said({ metrics: epochs(6, (i) => ({ loss: swinging[i] })) }), []);
  const rising = swinging.map((x, i) => x + i);
  assert.deepEqual(said({ metrics: epochs(6, (i) => ({ loss: rising[i] })) }), ['The loss is not falling.']);
});

test('what cannot be judged is said, and after few steps nothing is', () => {
  const open = (making: Making) => openQuestions(record(making));
  assert.deepEqual(open({}), []);
  assert.deepEqual(open({ metrics: healthy(1) }), ['k-NN, measured once', 'the loss, of one epoch']);
  assert.deepEqual(open({ metrics: epochs(6, () => ({ knnStudent: undefined, knnTeacher: undefined })) }), [
    'k-NN, which was not measured',
  ]);
  const queries = (n: number) => ({
    tandem: { classes: { count: 2, first: { a: 1 }, majority: 0.5, queries: n } },
  });
  assert.deepEqual(open({ config: queries(100) }), ['whether k-NN still rises, as of so few queries']);
  assert.deepEqual(open({ config: queries(10_000) }), []);
  const early = (step: number) => isEarly(record({ metrics: [{ epoch: 1, step }] }));
  assert.deepEqual([early(4), early(50)], [true, false]);
});

test('skipped files are counted and the first three named', () => {
  const files = ['a', 'b', 'c', 'd'].map((file) => ({ file, reason: 'cut short' }));
  assert.deepEqual(said({ skipped: files.slice(0, 1) }), [
    '1 image could not be read and was left out: a (cut short).',
  ]);
  assert.deepEqual(said({ skipped: files }), [
    '4 images could not be read and were left out: a (cut short), b (cut short), c (cut short), ...',
  ]);
});

test('a run that is not finished, also one without an epoch', () => {
  assert.deepEqual(said({ metrics: healthy(2) }), ['The run is not finished: 2 of 6 epochs are done.']);
  assert.deepEqual(said({ metrics: [] }), ['The run is not finished: 0 of 6 epochs are done.']);
});

test('warnings of training are passed on once', () => {
  const metrics = epochs(6, (i) => (i > 1 ? { warning: 'the embeddings collapse' } : {}));
  assert.deepEqual(said({ metrics }), ['Training warned in epoch 3: the embeddings collapse']);
});
