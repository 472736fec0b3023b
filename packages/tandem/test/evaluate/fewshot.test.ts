import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fewShotScores, type Labelled } from '../../src/evaluate/index.js';
import { elements, normal } from '../support.js';

/** Classes around axes, with so much noise, as rows of length 1. */
function around(classes: number, each: number, noise: number, seed: number, width = 16): Labelled {
  const draws = elements(normal([classes * each, width], seed));
  const rows = new Float32Array(draws.length);
  const labels = new Int32Array(classes * each);
  for (let i = 0; i < labels.length; i++) {
    labels[i] = i % classes;
    const row = Array.from(
      { length: width },
      (_, j) => noise * (draws[i * width + j] as number) + Number(j === i % classes),
    );
    const length = Math.hypot(...row);
    rows.set(
      row.map((x) => x / length),
      i * width,
    );
  }
  return { rows, labels, width };
}

const settings = { ways: 5, shots: 5, asked: 15, episodes: 200, seed: 0 };

test('classes without noise are always told apart, noise alone is told by chance, each with its interval', () => {
  const clear = fewShotScores(around(8, 20, 0.01, 1), around(8, 20, 0.01, 2), settings);
  for (const { accuracy, interval } of Object.values(clear)) assert.deepEqual([accuracy, interval], [1, 0]);
  const { prototypes, nearest } = fewShotScores(around(8, 40, 1e3, 3), around(8, 40, 1e3, 4), settings);
  for (const { accuracy, interval } of [prototypes, nearest]) {
    assert.ok(Math.abs(accuracy - 0.2) < 0.03, `${accuracy}`);
    assert.ok(interval > 0.001 && interval < 0.02, `${interval}`);
  }
});

test('more labels help, means of several more than single images, and four times the episodes halve the interval', () => {
  const [known, queries] = [around(8, 60, 0.7, 5), around(8, 60, 0.7, 6)];
  const of = (shots: number, episodes = 200) => fewShotScores(known, queries, { ...settings, shots, episodes });
  const [one, five, more] = [of(1), of(5), of(5, 800)];
  assert.deepEqual(one.prototypes, one.nearest, 'with one image they are the same');
  assert.ok(five.prototypes.accuracy > five.nearest.accuracy && five.nearest.accuracy > one.nearest.accuracy);
  const ratio = five.prototypes.interval / more.prototypes.interval;
  assert.ok(ratio > 1.7 && ratio < 2.3, `${ratio}`);
});

test('the same seed gives the same to the bit, another one does not; labels of queries choose nothing', () => {
  const [known, queries] = [around(8, 60, 0.7, 5), around(8, 60, 0.7, 6)];
  assert.deepEqual(fewShotScores(known, queries, settings), fewShotScores(known, queries, settings));
  assert.notDeepEqual(
    fewShotScores(known, queries, settings).prototypes,
    fewShotScores(known, queries, { ...settings, seed: 1 }).prototypes,
  );
});

test('too few classes with so many images are an error that says what to give', () => {
  assert.throws(() => fewShotScores(around(8, 4, 1, 1), around(8, 20, 1, 2), settings), {
    name: 'UserError',
    message: /0 classes have 5 images to know and 15 to ask about, 5 are needed; give fewer --ways or --shots/,
  });
});
