import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  addEach_,
  addRatio_,
  addScaled,
  addScaled_,
  divideBy,
  eagerInputs,
  lerpEach_,
  optim,
  type StepInputs,
  scale_,
  scope,
  type Tensor,
  tensor,
} from '../src/index.js';
import { device } from './support.js';

const at = (values: readonly number[]) => tensor(Float32Array.from(values), { device });
const scalar = (k: number) => at([k]).select(0, 0);

/** Gives scalars as tensors, as where work is captured. */
const asTensors: StepInputs = { ...eagerInputs, scalar: (of) => scalar(of()), scalars: (of) => at(of()) };

function assertNear(found: Tensor, expected: Tensor, label: string): void {
  const [a, e] = [found, expected].map((x) => Array.from(x.data(), Number)) as [number[], number[]];
  assert.equal(a.length, e.length, label);
  const far = a.findIndex((x, i) => !(Math.abs(x - (e[i] as number)) <= 1e-6 * Math.abs(e[i] as number) + 1e-7));
  assert.equal(far, -1, `${label}: ${a[far]}, expected ${e[far]}`);
}

test('arithmetic with a tensor is that with its number', () => {
  scope(() => {
    const [x, y, z] = [
      [1, -2, 3],
      [0.5, 4, -1],
      [2, 0.25, 8],
    ].map((values) => () => at(values)) as (() => Tensor)[] as [() => Tensor, () => Tensor, () => Tensor];
    const done = (k: number | Tensor) => {
      const [scaled, added, near] = [
        [x(), z()],
        [x(), z()],
        [x(), z()],
      ];
      scale_(scaled, k);
      addScaled_(added, [y(), x()], k);
      lerpEach_(near, [y(), x()], k);
      return [...scaled, ...added, ...near, ...addScaled([x()], [z()], k), divideBy(y(), k)];
    };
    const expected = done(0.37);
    done(scalar(0.37)).forEach((found, i) => void assertNear(found, expected[i] as Tensor, `result ${i}`));
    assertNear(expected[2] as Tensor, at([1.185, -0.52, 2.63]), 'x + 0.37 y');
    const several = (ks: readonly number[] | Tensor) => {
      const [added, moved] = [
        [x(), z()],
        [x(), z()],
      ];
      addEach_(added, ks);
      addRatio_(moved, [y(), x()], [z(), y()], ks);
      return [...added, ...moved];
    };
    const plain = several([0.3, -0.7]);
    several(at([0.3, -0.7])).forEach((found, i) => void assertNear(found, plain[i] as Tensor, `of several, ${i}`));
    assertNear(plain[2] as Tensor, at([1 + 0.15 / 2, -2 + 1.2 / 0.25, 3 - 0.3 / 8]), 'x + 0.3 y / z');
    const same = at([0.1, 0.7, 1e-20]);
    lerpEach_([same], [at([0.1, 0.7, 1e-20])], scalar(0.3));
    assert.deepEqual(same.data(), at([0.1, 0.7, 1e-20]).data());
  });
});

describe('optimizers with scalars as tensors move as those with numbers', () => {
  type Build = (parameters: Tensor[]) => optim.Optimizer;
  const cases: [string, Build][] = [
    ['SGD', (x) => new optim.SGD(x, { lr: 1, weightDecay: 0.1 })],
    ['SGD with momentum', (x) => new optim.SGD(x, { lr: 1, momentum: 0.9, weightDecay: 0.1 })],
    ['SGD with Nesterov', (x) => new optim.SGD(x, { lr: 1, momentum: 0.9, nesterov: true, weightDecay: 0.1 })],
    ['Adam', (x) => new optim.Adam(x, { lr: 1, weightDecay: 0.1 })],
    ['AdamW', (x) => new optim.AdamW(x, { lr: 1, weightDecay: 0.1, exclude: 'vectors' })],
    ['LARS', (x) => new optim.LARS(x, { lr: 1, weightDecay: 0.1 })],
    ['LARS of steps', (x) => new optim.LARS(x, { lr: 1, momentumOf: 'steps' })],
    ['LARS with a bound', (x) => new optim.LARS(x, { lr: 1, clip: true, trust: 0.5, weightDecay: 0.1 })],
  ];
  for (const [name, build] of cases) {
    test(name, () => {
      scope(() => {
        const start = () => [at([0.3, -0.2, 0.9, 0.4]).view([2, 2]), at([1, -0.5])];
        const [one, other] = [start(), start()];
        const [told, plain] = [build(one), build(other)];
        for (let step = 1; step <= 5; step++) {
          for (const xs of [one, other]) {
            (xs[0] as Tensor).grad = at([0.1 * step, -0.3, 0.2, 0.05]).view([2, 2]);
            // one that stands still counts less
            (xs[1] as Tensor).grad = step === 3 ? null : at([0.4, -0.1 * step]);
          }
          const schedule = { lr: 0.1 / step, weightDecay: step === 2 ? 0 : 0.01 * step };
          told.step(schedule, asTensors);
          plain.step(schedule);
        }
        one.forEach((x, i) => void assertNear(x, other[i] as Tensor, `parameter ${i}`));
        const state = plain.stateDict();
        for (const [key, x] of Object.entries(told.stateDict())) assertNear(x, state[key] as Tensor, key);
        told.reset(asTensors);
        for (const x of Object.values(told.stateDict())) assert.equal(x.abs().sum().item(), 0);
        for (const optimizer of [told, plain]) optimizer.dispose();
      });
    });
  }
});
