import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permutation, philox4x32, stream } from '../src/random.js';

const hex = (words: Iterable<number>) => [...words].map((word) => word.toString(16).padStart(8, '0')).join(' ');

/**
 * How far the chi-square of counts against an even spread is from chance, in standard deviations
 * (Wilson-Hilferty).
 */
function unevenness(counts: readonly number[]): number {
  const total = counts.reduce((sum, n) => sum + n, 0);
  const expected = total / counts.length;
  const chi2 = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  const freedom = counts.length - 1;
  const spread = 2 / (9 * freedom);
  return Math.abs(Math.cbrt(chi2 / freedom) - (1 - spread)) / Math.sqrt(spread);
}

function tally(bins: number, draws: Iterable<number>): number[] {
  const counts: number[] = new Array(bins).fill(0);
  for (const draw of draws) counts[draw] = (counts[draw] as number) + 1;
  return counts;
}

test('Philox4x32-10 gives the words published in Random123, kat_vectors', () => {
  const ones = [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff];
  const pi = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
  assert.equal(hex(philox4x32([0, 0, 0, 0], [0, 0])), '6627e8d5 e169c58d bc57ac4c 9b00dbd8');
  assert.equal(hex(philox4x32(ones, ones)), '408f276d 41c83b0e a20bc7c6 6d5451fd');
  assert.equal(hex(philox4x32(pi, [0xa4093822, 0x299f31d0])), 'd16cfe09 94fdcceb 5001e420 24126ea1');
});

test('the short product agrees with exact 64-bit arithmetic', () => {
  const reference = (counter: number[], key: number[]): string => {
    let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
    let [k0, k1] = key.map(BigInt) as [bigint, bigint];
    const mask = 0xffffffffn;
    for (let round = 0; round < 10; round++) {
      const p0 = c0 * 0xd2511f53n;
      const p1 = c2 * 0xcd9e8d57n;
      [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & mask, (p0 >> 32n) ^ c3 ^ k1, p0 & mask];
      [k0, k1] = [(k0 + 0x9e3779b9n) & mask, (k1 + 0xbb67ae85n) & mask];
    }
    return hex([c0, c1, c2, c3].map(Number));
  };
  const random = stream(11);
  for (let i = 0; i < 2000; i++) {
    const counter = Array.from({ length: 4 }, () => random.word());
    const key = [random.word(), random.word()];
    assert.equal(hex(philox4x32(counter, key)), reference(counter, key));
  }
});

test('a stream is a function of its seed and keys alone', () => {
  const take = (seed: number, ...keys: number[]) => {
    const random = stream(seed, ...keys);
    return Array.from({ length: 9 }, () => random.next()).join();
  };
  assert.equal(take(1, 2, 3, 4), take(1, 2, 3, 4));
  const all = [
    take(1),
    take(1, 0),
    take(1, 0, 0),
    take(1, 0, 0, 0),
    take(1, 0, 0, 0, 0),
    take(1, 0, 0, 0, 0, 0),
    take(1, 1, 0, 0, 0),
    take(1, 0, 1, 0, 0),
    take(1, 1, 0, 0, 0, 0),
    take(1, 0, 1, 0, 0, 0),
    take(1, 2, 3),
    take(1, 3, 2),
    take(0, 2, 3),
    take(2 ** 32, 2, 3),
    take(2 ** 32 + 1, 2, 3),
    take(2 ** 53 - 1, 2, 3),
  ];
  assert.equal(new Set(all).size, all.length);
});

test('uniforms are even, independent of their neighbours, and within [0, 1)', () => {
  const random = stream(5, 1);
  const values = Array.from({ length: 200_000 }, () => random.next());
  assert.ok(values.every((u) => u >= 0 && u < 1));
  const mean = values.reduce((sum, u) => sum + u, 0) / values.length;
  const variance = values.reduce((sum, u) => sum + (u - mean) ** 2, 0) / values.length;
  assert.ok(Math.abs(mean - 0.5) < 4 * Math.sqrt(1 / 12 / values.length), `mean ${mean}`);
  assert.ok(Math.abs(variance - 1 / 12) < 1e-3, `variance ${variance}`);
  assert.ok(
    unevenness(
      tally(
        256,
        values.map((u) => Math.floor(u * 256)),
      ),
    ) < 4,
  );
  const low = values.map((u) => (u * 2 ** 32) % 256);
  assert.ok(unevenness(tally(256, low)) < 4, 'low bits');
  for (const lag of [1, 2, 3, 4, 5]) {
    let covariance = 0;
    for (let i = lag; i < values.length; i++) {
      covariance += ((values[i] as number) - 0.5) * ((values[i - lag] as number) - 0.5);
    }
    const correlation = (covariance * 12) / (values.length - lag);
    assert.ok(Math.abs(correlation) < 4 / Math.sqrt(values.length), `lag ${lag}: ${correlation}`);
  }
});

test('neighbouring streams have nothing to do with each other', () => {
  const images = 50_000;
  const first = Array.from({ length: images }, (_, image) => stream(0, 3, image, 0).next());
  const second = Array.from({ length: images }, (_, image) => stream(0, 3, image, 1).next());
  assert.ok(
    unevenness(
      tally(
        64,
        first.map((u) => Math.floor(u * 64)),
      ),
    ) < 4,
  );
  const pairs = first.map((u, i) => Math.floor(u * 16) * 16 + Math.floor((second[i] as number) * 16));
  assert.ok(unevenness(tally(256, pairs)) < 4, 'views of one image');
  const inARow = first.slice(1).map((u, i) => Math.floor(u * 16) * 16 + Math.floor((first[i] as number) * 16));
  assert.ok(unevenness(tally(256, inARow)) < 4, 'images in a row');
});

test('below(n) is even and stays below', () => {
  const random = stream(9);
  for (const n of [1, 2, 3, 7, 10, 100, 1000]) {
    const draws = Array.from({ length: 40_000 }, () => random.below(n));
    assert.ok(draws.every((x) => Number.isInteger(x) && x >= 0 && x < n));
    if (n > 1) assert.ok(unevenness(tally(n, draws)) < 4, `n = ${n}`);
  }
  // At 3 * 2^30 a plain product would make every third number twice as likely.
  const big = Array.from({ length: 30_000 }, () => random.below(3 * 2 ** 30) % 3);
  assert.ok(unevenness(tally(3, big)) < 4);
  assert.ok(random.below(2 ** 32 - 1) < 2 ** 32 - 1);
});

test('between covers its interval', () => {
  const random = stream(2);
  const draws = Array.from({ length: 10_000 }, () => random.between(-2, 6));
  assert.ok(Math.min(...draws) >= -2 && Math.min(...draws) < -1.9);
  assert.ok(Math.max(...draws) < 6 && Math.max(...draws) > 5.9);
});

test('numbers out of range are refused', () => {
  assert.throws(() => stream(-1), /seed/);
  assert.throws(() => stream(0.5), /seed/);
  assert.throws(() => stream(2 ** 53), /seed/);
  assert.throws(() => stream(0, -1), /key/);
  assert.throws(() => stream(0, 2 ** 32), /key/);
  assert.throws(() => stream(0, 1.5), /key/);
  assert.throws(() => stream(0).below(0), RangeError);
  assert.throws(() => stream(0).below(2 ** 32), RangeError);
});

test('a permutation holds every number once and is given by its seed', () => {
  const order = permutation(1000, 4, 7);
  assert.deepEqual(
    [...order].sort((a, b) => a - b),
    Array.from({ length: 1000 }, (_, i) => i),
  );
  assert.deepEqual(order, permutation(1000, 4, 7));
  assert.notDeepEqual(order, permutation(1000, 4, 8));
  assert.notDeepEqual(order, permutation(1000, 5, 7));
  assert.deepEqual([...permutation(0, 1)], []);
  assert.deepEqual([...permutation(1, 1)], [0]);
});

test('every order of four is equally likely', () => {
  const seen = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const order = permutation(4, 1, i).join('');
    seen.set(order, (seen.get(order) ?? 0) + 1);
  }
  assert.equal(seen.size, 24);
  assert.ok(unevenness([...seen.values()]) < 4);
});
