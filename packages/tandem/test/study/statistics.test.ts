import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { holm } from '../../src/study/statistics/holm.js';
import { testMean, upperTail } from '../../src/study/statistics/t-test.js';
import { assertClose, fixture } from '../support.js';

interface Numbers {
  readonly tails: readonly { readonly t: number; readonly freedom: number; readonly p: number }[];
  readonly means: readonly {
    readonly values: readonly number[];
    readonly bound: number;
    readonly above: number;
    readonly below: number;
    readonly standardError: number;
  }[];
  readonly families: readonly { readonly p: readonly number[]; readonly adjusted: readonly number[] }[];
}

const { tails, means, families } = fixture<Numbers>('statistics');

describe('statistics of studies', () => {
  test("Student's upper tail is SciPy's", () => {
    assert.ok(tails.length > 50);
    for (const { t, freedom, p } of tails) {
      assertClose(upperTail(t, freedom), p, { rtol: 1e-11, atol: 1e-15, label: `t ${t}, ${freedom}` });
    }
  });

  test('a mean against a bound, to both sides, and its standard error are those of SciPy', () => {
    for (const { values, bound, above, below, standardError } of means) {
      const found = testMean(values, bound);
      assertClose([found.above, found.below], [above, below], { rtol: 1e-10 });
      assertClose(found.standardError, standardError, { rtol: 1e-12 });
    }
  });

  test('equal differences are sure where they are not the bound, and say nothing where they are', () => {
    assert.deepEqual(testMean([1, 1], 0), { mean: 1, standardError: 0, above: 0, below: 1, isBeyondNoise: true });
    assert.deepEqual(testMean([0, 0, 0], 0), {
      ...{ mean: 0, standardError: 0, above: 0.5, below: 0.5 },
      isBeyondNoise: false,
    });
  });

  test("Holm's correction is that of statsmodels, in the order given", () => {
    for (const { p, adjusted } of families) assertClose(holm(p), adjusted, { rtol: 1e-12 });
    assert.deepEqual(holm([]), []);
  });
});
