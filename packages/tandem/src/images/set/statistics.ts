import { bytesOf, type ImageSet, imageBytes, samplesOf } from './image-set.js';

/** So many bytes are looked at: evenly spread images of larger sets. */
const mostBytes = 2 ** 28;

/**
 * Mean and standard deviation of each channel, of values in [0, 1]: over all images up to 256 MiB,
 * over evenly spread ones of larger sets. A channel without any deviation gets 1.
 */
export function channelStatistics(set: ImageSet): {
  readonly mean: readonly number[];
  readonly std: readonly number[];
} {
  const { channels, depth, height, width } = set;
  const white = depth === 16 ? 65535 : 255;
  const area = height * width;
  const step = Math.max(1, Math.ceil((set.count * imageBytes(set)) / mostBytes));
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  let images = 0;
  for (let image = 0; image < set.count; image += step, images++) {
    const samples = samplesOf(bytesOf(set, image, image + 1), set);
    for (let c = 0; c < channels; c++) {
      let [sum, square] = [0, 0];
      for (let i = c * area; i < (c + 1) * area; i++) {
        const value = samples[i] as number;
        sum += value;
        square += value * value;
      }
      sums[c] = (sums[c] as number) + sum;
      squares[c] = (squares[c] as number) + square;
    }
  }
  const pixels = Math.max(1, images * area);
  const mean = Array.from(sums, (sum) => sum / pixels);
  const std = mean.map((value, c) => Math.sqrt(Math.max(0, (squares[c] as number) / pixels - value * value)));
  return { mean: mean.map((value) => rounded(value / white)), std: std.map((value) => rounded(value / white) || 1) };
}

/** Six digits, as settings hold them: a run and its resumption must have the same. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
