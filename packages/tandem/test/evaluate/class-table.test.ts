import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rankClasses, rowAt } from '../../src/evaluate/classify.js';
import {
  balancedAccuracy,
  calibrationError,
  classScores,
  classTable,
  fitTemperature,
  macroF1,
  softmax,
} from '../../src/evaluate/index.js';
import { fixture } from '../support.js';

interface Fixture {
  classes: number;
  labels: number[];
  scores: number[];
  accuracy: number;
  top5: number;
  balanced: number;
  macroF1: number;
  perClassF1: number[];
  confusion: number[][];
  ece: number;
  temperature: number;
  calibrated: number;
}

const close = (found: number | null | undefined, wanted: number, within = 1e-9) =>
  assert.ok(Math.abs((found ?? Number.NaN) - wanted) <= within, `${found} against ${wanted}`);

describe("scikit-learn's numbers", () => {
  const wanted = fixture<Fixture>('scores');
  const { classes } = wanted;
  const scores = Float32Array.from(wanted.scores);
  const labels = Int32Array.from(wanted.labels);
  const names = Array.from({ length: classes }, (_, i) => `class ${i}`);
  const ranked = Int32Array.from([...labels.keys()].flatMap((i) => rankClasses(rowAt(scores, i, classes), 5)));
  const temperature = fitTemperature(scores, labels, classes);

  test('accuracies, F1 and the confusion matrix, with a class that has no images', () => {
    const table = classTable({ ranked, best: 5, scores }, labels, names);
    for (const name of ['accuracy', 'top5', 'balanced', 'macroF1'] as const) close(table[name], wanted[name]);
    for (const [i, name] of names.entries()) close(table.perClassF1[name], wanted.perClassF1[i] as number);
    assert.deepEqual(table.confusion, wanted.confusion);
    assert.equal(table.perClass['class 6'], null);
  });

  test('calibration: its error, and the temperature that mends it', () => {
    close(temperature, wanted.temperature, 1e-4);
    const table = classTable({ ranked, best: 5, scores }, labels, names, temperature);
    close(table.eceUncalibrated, wanted.ece, 1e-7);
    close(table.ece, wanted.calibrated, 1e-4);
    assert.ok(wanted.calibrated < wanted.ece / 2, 'these scores are much too sure');
  });
});

describe('by hand', () => {
  test('a class that is neither there nor named counts nowhere', () => {
    const matrix = [
      [2, 0, 0],
      [1, 1, 0],
      [0, 0, 0],
    ];
    assert.deepEqual(classScores(matrix)[2], null);
    close(balancedAccuracy(matrix), 0.75);
    close(macroF1(matrix), (4 / 5 + 2 / 3) / 2);
  });

  test('the calibration error is the distance of confidence and accuracy', () => {
    close(
      calibrationError([0.9, 0.9, 0.9, 0.9], (i) => i < 3),
      0.15,
    );
    close(
      calibrationError([1, 1], () => true),
      0,
    );
    assert.equal(
      calibrationError([], () => true),
      0,
    );
  });

  test('what is always right becomes as sure as can be, what is never right as unsure', () => {
    const scores = Float32Array.of(1, 0, 0, 1);
    close(fitTemperature(scores, Int32Array.of(0, 1), 2), 0.02, 0.01);
    close(fitTemperature(scores, Int32Array.of(1, 0), 2), 50, 1e-3);
    assert.equal(fitTemperature(new Float32Array(0), new Int32Array(0), 2), 1);
  });

  test('probabilities of scores that would overflow', () => {
    assert.deepEqual([...softmax([1000, 1000])], [0.5, 0.5]);
    assert.deepEqual([...softmax([-1e30, 0], 0.02)], [0, 1]);
  });
});
