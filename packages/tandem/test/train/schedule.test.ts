import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decaySchedule } from '../../src/train/schedule.js';
import { assertClose } from '../support.js';

const base = { base: 0.06, epochs: 4, stepsPerEpoch: 5, warmup: 0 };
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

test('by epoch: base (1 + cos(pi e / E)) / 2, the same in all steps of an epoch', () => {
  const lr = decaySchedule({ ...base, by: 'epoch' });
  const expected = [0.06, 0.03 + 0.015 * Math.SQRT2, 0.03, 0.03 - 0.015 * Math.SQRT2];
  for (const step of range(20)) assertClose(lr(step), expected[Math.floor(step / 5)] as number, { rtol: 1e-14 });
});

test('by epoch, 800 epochs: .06 at first, .03 halfway, almost 0 in the last', () => {
  const lr = decaySchedule({ ...base, epochs: 800, stepsPerEpoch: 195, by: 'epoch' });
  assert.equal(lr(0), 0.06);
  assertClose(lr(400 * 195), 0.03, { rtol: 1e-14 });
  assertClose(lr(800 * 195 - 1), 0.03 * (1 + Math.cos((Math.PI * 799) / 800)), { rtol: 1e-12 });
});

test('by step: moves at every step', () => {
  const lr = decaySchedule({ ...base, by: 'step' });
  assert.equal(lr(0), 0.06);
  assertClose(lr(10), 0.03, { rtol: 1e-14 });
  for (const step of range(20)) assertClose(lr(step), 0.03 * (1 + Math.cos((Math.PI * step) / 20)), { rtol: 1e-13 });
  for (const step of range(19)) assert.ok(lr(step + 1) < lr(step));
});

test('warm-up: a line to the base over its steps, then the cosine over the rest', () => {
  for (const by of ['epoch', 'step'] as const) {
    const lr = decaySchedule({ ...base, epochs: 6, warmup: 2, by });
    for (const step of range(10)) assertClose(lr(step), (0.06 * (step + 1)) / 10, { rtol: 1e-14 });
    assert.equal(lr(10), 0.06);
    assertClose(lr(20), 0.03, { rtol: 1e-14 });
  }
});

test('a warm-up that ends within an epoch never overshoots and goes on at the base', () => {
  const lr = decaySchedule({ ...base, warmup: 0.6, by: 'epoch' });
  assertClose(range(5).map(lr), [0.02, 0.04, 0.06, 0.06, 0.06], { rtol: 1e-14 });
  const rates = range(20).map(lr);
  assert.ok(rates.every((rate) => rate > 0 && rate <= 0.06));
  for (const step of range(17)) assert.ok(lr(step + 3) <= lr(step + 2));
});

test("linear by epoch is S2-BNN's lr (1 - e / E); by step it falls at each", () => {
  const [byEpoch, byStep] = (['epoch', 'step'] as const).map((by) => decaySchedule({ ...base, decay: 'linear', by }));
  for (const step of range(20)) {
    assertClose(byEpoch?.(step) as number, 0.06 * (1 - Math.floor(step / 5) / 4), { rtol: 1e-14 });
    assertClose(byStep?.(step) as number, 0.06 * (1 - step / 20), { rtol: 1e-14 });
  }
});

test('constant stays at the base after the warm-up', () => {
  const lr = decaySchedule({ ...base, decay: 'constant', by: 'step', warmup: 1 });
  assertClose(range(5).map(lr), [0.012, 0.024, 0.036, 0.048, 0.06], { rtol: 1e-14 });
  for (const step of range(15)) assert.equal(lr(step + 5), 0.06);
});

test('an end: the way is from the base to it, up where it is above', () => {
  for (const decay of ['cosine', 'linear'] as const) {
    const lr = decaySchedule({ ...base, base: 0.04, end: 0.4, decay, by: 'step' });
    assertClose(lr(0), 0.04, { rtol: 1e-14 });
    assertClose(lr(10), 0.22, { rtol: 1e-14 });
    assertClose(lr(20), 0.4, { rtol: 1e-14 });
    for (const step of range(19)) assert.ok(lr(step + 1) > lr(step));
    const other = decaySchedule({ ...base, base: 0.36, decay, by: 'step' });
    for (const step of range(20)) assertClose(lr(step) + other(step), 0.4, { rtol: 1e-14 });
  }
});
