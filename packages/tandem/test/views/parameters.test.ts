import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../src/errors.js';
import { drawParameters, smallView, type View } from '../../src/views/index.js';
import { turns } from '../../src/views/jitter.js';
import { fixture, indices, some } from './support.js';

const shape = { channels: 3, height: 32, width: 32 } as const;
const key = { seed: 7, draw: 3, view: 0 };
const many = 20_000;
const view = smallView({ size: 32, blur: { p: 0.5, sigma: [0.1, 2] }, solarize: 0.2 });
const drawn = drawParameters(view, shape, key, indices(many));

const share = (array: ArrayLike<number>, is: (value: number) => boolean) =>
  Array.prototype.filter.call(array, is).length / array.length;

/** Within five standard deviations of a share: one in 1.7 million fails. */
function assertShare(found: number, p: number, n: number, label: string): void {
  const margin = 5 * Math.sqrt((p * (1 - p)) / n);
  assert.ok(Math.abs(found - p) <= margin, `${label}: ${found}, expected ${p} within ${margin}`);
}

/**
 * Compares the numbers' distribution with the even one over [low, high] (Kolmogorov and Smirnov;
 * one in 10^6 fails).
 */
function assertEven(numbers: number[], low: number, high: number, label: string): void {
  const sorted = numbers.toSorted((a, b) => a - b);
  assert.ok(
    (sorted[0] as number) >= low - 1e-6 && (sorted.at(-1) as number) <= high + 1e-6,
    `${label} leaves its range`,
  );
  const gap = sorted.reduce((most, value, i) => {
    const expected = (value - low) / (high - low);
    return Math.max(most, Math.abs(expected - i / sorted.length), Math.abs(expected - (i + 1) / sorted.length));
  }, 0);
  assert.ok(gap < 2.7 / Math.sqrt(sorted.length), `${label} is not even: off by ${gap}`);
}

test('each thing happens as often as it should', () => {
  assertShare(share(drawn.flip, Boolean), 0.5, many, 'flip');
  assertShare(share(drawn.gray, Boolean), 0.2, many, 'gray');
  assertShare(share(drawn.sigma, Boolean), 0.5, many, 'blur');
  assertShare(share(drawn.solarize, Boolean), 0.2, many, 'solarize');
  for (const name of ['brightness', 'contrast', 'saturation'] as const) {
    assertShare(
      share(drawn[name], (factor) => factor !== 1),
      0.8,
      many,
      name,
    );
  }
});

test('an image is jittered wholly or not at all', () => {
  for (let i = 0; i < many; i++) {
    const still = drawn.brightness[i] === 1;
    assert.equal(drawn.contrast[i] === 1, still);
    assert.equal(drawn.saturation[i] === 1, still);
    assert.equal(drawn.hue[i] === 0, still);
  }
});

test('strengths are even over their ranges', () => {
  for (const name of ['brightness', 'contrast', 'saturation'] as const) {
    assertEven(
      Array.from(drawn[name]).filter((factor) => factor !== 1),
      0.6,
      1.4,
      name,
    );
  }
  assertEven(Array.from(drawn.hue).filter(Boolean), -0.1, 0.1, 'hue');
  assertEven(Array.from(drawn.sigma).filter(Boolean), 0.1, 2, 'sigma');
  const strong = { p: 1, brightness: 1.5, contrast: 0, saturation: 0, hue: 0 };
  const { brightness, contrast } = drawParameters({ ...view, jitter: strong }, shape, key, indices(2000));
  assertEven(Array.from(brightness), 0, 2.5, 'brightness from 0 on');
  assert.ok(contrast.every((factor) => factor === 1));
});

test('the order of the jitter is even over all 24, each of which can be had in the given turns', () => {
  const counts = new Map<string, number>();
  for (let i = 0; i < many; i++) {
    const order = drawn.order.subarray(4 * i, 4 * i + 4).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 24);
  for (const [order, count] of counts) {
    assert.equal(new Set(order).size, 4);
    assertShare(count / many, 1 / 24, many, order);
    let done = 0;
    for (const turn of turns) if (Number(order[done]) === turn) done++;
    assert.equal(done, 4, `${order} is not in the turns`);
  }
});

test('crops lie in the image, their corners even over all places', () => {
  const corners: number[] = [];
  for (let i = 0; i < many; i++) {
    const box = [drawn.top, drawn.left, drawn.height, drawn.width].map((numbers) => numbers[i]);
    const [top, left, height, width] = box as [number, number, number, number];
    assert.ok(top >= 0 && left >= 0 && height >= 1 && width >= 1 && top + height <= 32 && left + width <= 32);
    if (height === 16) corners.push(top);
  }
  assert.ok(corners.length > 300);
  for (let top = 0; top <= 16; top++) {
    assertShare(
      share(corners, (corner) => corner === top),
      1 / 17,
      corners.length,
      `top ${top}`,
    );
  }
});

test('area and ratio of the crops are as defined, on images where rounding and bounds do not matter', () => {
  const crop = { scale: [0.08, 0.5], ratio: [3 / 4, 4 / 3] } as const;
  const large = { channels: 3, height: 4000, width: 4000 } as const;
  const { height, width } = drawParameters({ ...view, crop }, large, key, indices(5000));
  const pairs = Array.from(height, (h, i) => [h, width[i] as number] as const);
  assertEven(
    pairs.map(([h, w]) => (h * w) / 4000 ** 2),
    0.08 - 1e-3,
    0.5 + 1e-3,
    'area',
  );
  assertEven(
    pairs.map(([h, w]) => Math.log(w / h)),
    Math.log(3 / 4) - 1e-3,
    Math.log(4 / 3) + 1e-3,
    'log ratio',
  );
});

/**
 * The largest gap between the shares of two counted samples (Kolmogorov and Smirnov). Of even
 * samples of n and m one in 10^6 has a gap of 2.69 sqrt((n + m) / (n m)) or more, and fewer where
 * values repeat, as here.
 */
function assertAlike(ours: ArrayLike<number>, theirs: readonly number[], label: string): void {
  const n = ours.length;
  const m = theirs.reduce((sum, count) => sum + count, 0);
  const counts = new Array<number>(theirs.length).fill(0);
  for (const value of Array.from(ours)) counts[value] = (counts[value] ?? 0) + 1;
  let [mine, other, gap] = [0, 0, 0];
  for (let value = 0; value < Math.max(counts.length, theirs.length); value++) {
    mine += counts[value] ?? 0;
    other += theirs[value] ?? 0;
    gap = Math.max(gap, Math.abs(mine / n - other / m));
  }
  const limit = 2.69 * Math.sqrt((n + m) / (n * m));
  assert.ok(gap < limit, `${label}: shares differ by ${gap}, more than ${limit}`);
}

for (const { image, scale, counts } of fixture.draws) {
  test(`crops of ${image.join('x')} are as torchvision draws them (each number fails one time in 10^6)`, () => {
    const [height, width] = image;
    const cropped = { ...view, crop: { scale, ratio: [3 / 4, 4 / 3] as const } };
    const found = drawParameters(cropped, { channels: 3, height, width }, key, indices(many));
    for (const name of ['top', 'left', 'height', 'width'] as const) assertAlike(found[name], counts[name], name);
  });
}

test('where no try fits, the crop is at the centre with the ratio cut to the range', () => {
  const whole = { ...view, crop: { scale: [1, 1], ratio: [3 / 4, 4 / 3] } } as const;
  const boxes = (height: number, width: number) => {
    const { top, left, ...box } = drawParameters(whole, { channels: 3, height, width }, key, indices(1));
    return [top[0], left[0], box.height[0], box.width[0]];
  };
  assert.deepEqual(boxes(10, 100), [0, 43, 10, 13]);
  assert.deepEqual(boxes(100, 10), [43, 0, 13, 10]);
});

test('parameters depend on seed, draw, view and image, and on nothing else in the batch', () => {
  const rows = [5, 0, 17];
  const apart = drawParameters(view, shape, key, Uint32Array.from(rows));
  assert.deepEqual(apart, some(drawn, rows));
  const first = (change: Partial<typeof key>) => drawParameters(view, shape, { ...key, ...change }, indices(20));
  assert.deepEqual(first({}), first({}));
  for (const change of [{ seed: 8 }, { draw: 4 }, { view: 1 }]) assert.notDeepEqual(first(change), first({}));
});

test('changing one setting leaves the draws for the others as they were', () => {
  const before = drawParameters(view, shape, key, indices(50));
  const other = { ...view, flip: 0, gray: 1, blur: null, jitter: null };
  const after = drawParameters(other, shape, key, indices(50));
  assert.ok(after.flip.every((on) => on === 0) && after.gray.every((on) => on === 1));
  for (const name of ['top', 'left', 'height', 'width', 'order', 'solarize'] as const) {
    assert.deepEqual(after[name], before[name], name);
  }
});

test('settings out of range are refused by name', () => {
  const refused = (change: Partial<View>, name: RegExp) =>
    assert.throws(
      () => smallView({ size: 32, ...change }),
      (error) => error instanceof UserError && name.test(error.message),
    );
  refused({ size: 0 }, /size/);
  refused({ flip: 1.5 }, /flip/);
  refused({ gray: Number.NaN }, /gray/);
  refused({ crop: { scale: [0.5, 0.2], ratio: [1, 1] } }, /crop\.scale/);
  refused({ crop: { scale: [0.5, 1], ratio: [0, 1] } }, /crop\.ratio/);
  refused({ jitter: { p: 2, brightness: 0, contrast: 0, saturation: 0, hue: 0 } }, /jitter\.p/);
  refused({ jitter: { p: 1, brightness: -1, contrast: 0, saturation: 0, hue: 0 } }, /jitter\.brightness/);
  refused({ jitter: { p: 1, brightness: 0, contrast: 0, saturation: 0, hue: 0.6 } }, /jitter\.hue/);
  refused({ blur: { p: 1, sigma: [0, 1] } }, /blur\.sigma/);
  refused({ mean: [0.5] }, /mean/);
  refused({ std: [1, 0, 1] }, /std/);
  const gray = { channels: 1, height: 28, width: 28 } as const;
  const colourful = { ...smallView({ size: 28, channels: 1 }), gray: 0.2 };
  assert.throws(() => drawParameters(colourful, gray, key, indices(1)), /one-channel/);
  assert.throws(() => drawParameters(view, shape, { ...key, seed: -1 }, indices(1)), RangeError);
});
