import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveCount, manualSeed } from '@tandem/torch';
import {
  accuracy,
  fineTune,
  fineTuneDefaults,
  type LabelledSet,
  labelledShare,
  type ProbeLook,
} from '../../src/evaluate/index.js';
import { limit, subset } from '../../src/images/index.js';
import { hash, TinyEncoder } from '../support.js';
import { queries, train, view } from './blobs.js';

const look: ProbeLook = { trainingView: view, view, device: 'cpu' };
const counts = (labels: Int32Array, rows: number[]) =>
  [...new Set(labels)].sort().map((label) => rows.filter((i) => labels[i] === label).length);

describe('a share of the labels', () => {
  test('is even over the classes, the same for a seed, part of a larger one', () => {
    const [one, ten] = [labelledShare(train.labels, 0.01, 0), labelledShare(train.labels, 0.1, 0)];
    assert.deepEqual(counts(train.labels, one), new Array(10).fill(3));
    assert.deepEqual(counts(train.labels, ten), new Array(10).fill(30));
    assert.ok(one.every((i) => ten.includes(i)));
    assert.deepEqual(labelledShare(train.labels, 0.01, 0), one);
    assert.notDeepEqual(labelledShare(train.labels, 0.01, 1), one);
    assert.deepEqual(labelledShare(train.labels, 1, 0), [...train.labels.keys()]);
  });

  test('has one image at least of each class, and as many more as a class is larger', () => {
    const labels = Int32Array.from({ length: 220 }, (_, i) => (i < 200 ? 0 : i < 219 ? 1 : 2));
    assert.deepEqual(counts(labels, labelledShare(labels, 0.1, 0)), [20, 2, 1]);
  });
});

describe('fine-tuning', () => {
  const settings = { ...fineTuneDefaults(1), epochs: 8 };
  const few = subset(train, labelledShare(train.labels, 0.3, 0)) as LabelledSet;

  const tuned = (set: LabelledSet, asked: LabelledSet, own = settings) => {
    manualSeed(3);
    const encoder = new TinyEncoder(64, 48);
    const before = hash(encoder.parameters());
    const live = liveCount();
    const { head, ...result } = fineTune(encoder, set, asked, own, look);
    assert.equal(liveCount(), live + 2, 'only the classifier is left');
    head.dispose();
    const changed = hash(encoder.parameters()) !== before;
    encoder.dispose();
    return { ...result, changed };
  };

  test('learns: the loss falls, the answers are far above chance, the encoder changes', () => {
    const { ranked, best, losses, changed } = tuned(few, queries);
    const right = accuracy(
      ranked.filter((_, i) => i % best === 0),
      queries.labels,
    );
    assert.ok(right > 0.5, String(right));
    assert.ok((losses.at(-1) as number) < 0.5 * (losses[0] as number), losses.join());
    assert.ok(changed);
  });

  test("the same each time; the queries' labels decide nothing", () => {
    const some = limit(few, 200) as LabelledSet;
    const shuffled = { ...queries, labels: queries.labels.map((label) => (label * 3 + 1) % 10) };
    const quick = { ...settings, epochs: 2 };
    assert.deepEqual(tuned(some, queries, quick), tuned(some, shuffled, quick));
  });

  test('an infinite loss ends it with one line, and nothing stays', () => {
    const encoder = new TinyEncoder(64, 8);
    const before = liveCount();
    assert.throws(() => fineTune(encoder, few, queries, { ...settings, lr: 1e30 }, look), {
      name: 'UserError',
      message: /the loss became \w+ at step \d+; lower --lr/,
    });
    encoder.parameters().forEach((x) => {
      x.grad = null;
    });
    assert.equal(liveCount(), before);
  });
});
