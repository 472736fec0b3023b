/**
 * The share of Student's distribution above t, for a whole number of degrees of freedom, by its
 * finite series: for these few lines no library is needed (Abramowitz and Stegun, 26.7.3 and
 * 26.7.4).
 * @param t any number, infinities included
 * @param freedom 1 or more
 * @returns 0 to 1, right to about 1e-15
 */
export function upperTail(t: number, freedom: number): number {
  if (!Number.isFinite(t)) return t > 0 ? 0 : 1;
  const angle = Math.atan(Math.abs(t) / Math.sqrt(freedom));
  const [sine, squared] = [Math.sin(angle), Math.cos(angle) ** 2];
  const isOdd = freedom % 2 === 1;
  let term = isOdd ? Math.cos(angle) : 1;
  let sum = 0;
  for (let k = isOdd ? 3 : 2; k <= freedom; k += 2) {
    sum += term;
    term *= ((k - 1) / k) * squared;
  }
  const within = isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
  const above = Math.max(0, (1 - within) / 2);
  return t >= 0 ? above : 1 - above;
}

/** What differences between pairs say of their mean. */
export interface MeanTest {
  readonly mean: number;
  /** Of the mean. */
  readonly standardError: number;
  /** One-sided p of the mean being above the bound, where it is not. */
  readonly above: number;
  /** And of its being below. */
  readonly below: number;
  /** Whether the mean is more than two standard errors from the bound. */
  readonly isBeyondNoise: boolean;
}

/**
 * Student's t test of a mean against a bound.
 * @param values at least two, each of another seed
 */
export function testMean(values: readonly number[], bound: number): MeanTest {
  const n = values.length;
  const mean = values.reduce((sum, x) => sum + x, 0) / n;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1);
  const standardError = Math.sqrt(variance / n);
  const t = mean === bound ? 0 : (mean - bound) / standardError; // infinite where all are equal
  return {
    mean,
    standardError,
    above: upperTail(t, n - 1),
    below: upperTail(-t, n - 1),
    isBeyondNoise: Math.abs(mean - bound) > 2 * standardError,
  };
}
