import assert from 'node:assert/strict';
import test from 'node:test';
import { TimeLeft } from '../../../src/pretrain/index.js';

test('time left: steps and ends of epochs as they were, the first step left out', () => {
  let now = 0;
  const left = new TimeLeft({ steps: 6, stepsPerEpoch: 3, evaluation: 10 }, () => now);
  const step = (number: number, seconds: number) => {
    now += 1000 * seconds;
    return left.step(number);
  };
  assert.equal(left.secondsPerStep, undefined);
  assert.equal(step(1, 8), 5 * 8 + 2 * 10);
  assert.equal(step(2, 2), 4 * 2 + 2 * 10);
  assert.equal(left.secondsPerStep, 2);
  assert.equal(step(3, 4), 3 * 3 + 2 * 10);
  now += 20_000;
  left.epoch();
  assert.equal(step(4, 3), 2 * 3 + 20);
  assert.equal(step(5, 3), 3 + 20);
  assert.equal(step(6, 3), 20);
});
