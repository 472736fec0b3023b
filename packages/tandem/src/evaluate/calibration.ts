/** Bins of equal width that confidences are sorted into (Guo et al., 2017). */
const bins = 15;

/**
 * Expected calibration error: by how much confidence and accuracy differ, over bins of confidence,
 * weighted by their sizes. (Guo et al., 2017, "On calibration of modern neural networks")
 * @param confidence the probability of each answer, from 0 to 1 @param right whether it is right
 * @returns a share; 0 of nothing
 */
export function calibrationError(confidence: ArrayLike<number>, right: (i: number) => boolean): number {
  const sums = Array.from({ length: bins }, () => ({ confidence: 0, right: 0 }));
  for (let i = 0; i < confidence.length; i++) {
    const p = confidence[i] as number;
    // Each bin holds its upper end, as in the paper.
    const bin = sums[Math.min(bins - 1, Math.max(0, Math.ceil(p * bins) - 1))] as (typeof sums)[number];
    bin.confidence += p;
    bin.right += right(i) ? 1 : 0;
  }
  const apart = sums.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.right), 0);
  return confidence.length === 0 ? 0 : apart / confidence.length;
}

/**
 * Temperatures that are looked at: beyond them probabilities are as good as 0 and 1, or all equal.
 */
const [coldest, hottest] = [0.02, 50] as const;

/**
 * The temperature by which scores are divided so that the mean log likelihood of the labels is
 * greatest. In 1 / T that is concave, so its slope is brought to zero by halving.
 * @param scores [n, classes] row by row @param labels n of them, of images that the classifier
 * did not learn from
 * @returns 1 of nothing
 */
export function fitTemperature(scores: Float32Array, labels: Int32Array, classes: number): number {
  if (labels.length === 0) return 1;
  let [low, high] = [1 / hottest, 1 / coldest];
  for (let step = 0; step < 40; step++) {
    const middle = Math.sqrt(low * high);
    if (slope(scores, labels, classes, middle) > 0) low = middle;
    else high = middle;
  }
  return 1 / Math.sqrt(low * high);
}

/** Of the log likelihood by 1 / T: the label's score less what is expected of the softmax. */
function slope(scores: Float32Array, labels: Int32Array, classes: number, sharpness: number): number {
  let sum = 0;
  for (const [i, label] of labels.entries()) {
    const row = scores.subarray(i * classes, (i + 1) * classes);
    const shares = softmax(row, 1 / sharpness);
    sum += (row[label] as number) - shares.reduce((expected, share, c) => expected + share * (row[c] as number), 0);
  }
  return sum;
}

/** Probabilities of one row of scores, in float64. */
export function softmax(scores: ArrayLike<number>, temperature = 1): Float64Array {
  const shares = Float64Array.from(scores);
  const most = shares.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (const [c, score] of shares.entries()) sum += shares[c] = Math.exp((score - most) / temperature);
  for (const [c, share] of shares.entries()) shares[c] = share / sum;
  return shares;
}
