import { imagenet100 } from '../images/datasets/imagenet100/imagenet100.js';
import type { ChannelStatistics } from '../images/datasets/named.js';
import { dataSetNamed } from '../images/datasets/registry.js';

/** Mean and standard deviation of each channel, of values in [0, 1]. */
export type Normalisation = ChannelStatistics;

/**
 * The constants for a data set: its own where it is known by name, ImageNet's where it is not. For
 * images with another number of channels than the constants have, gray ones are repeated and
 * coloured ones averaged.
 */
export function normalisationOf(data: string | undefined, channels: number): Normalisation {
  const named = data === undefined ? undefined : dataSetNamed(data);
  const { mean, std } = (named ?? imagenet100).statistics;
  return { mean: forChannels(mean, channels), std: forChannels(std, channels) };
}

function forChannels(values: readonly number[], channels: number): readonly number[] {
  if (values.length === channels) return values;
  const average = values.reduce((sum, value) => sum + value, 0) / values.length;
  return new Array<number>(channels).fill(average);
}
