import { UserError } from '../errors.js';
import { channelStatistics, type ImageSet } from '../images/index.js';
import type { Normalisation } from '../views/index.js';
import type { DataSettings } from './config/data.js';

/**
 * Mean and deviation of each channel as they are given, or those of the images where these are no
 * pictures of 8 bits, for which there are published numbers.
 * @throws UserError where they are not as many as channels
 */
export function givenNormalisation({ mean, std }: DataSettings, train: ImageSet): Partial<Normalisation> {
  const isPicture = (train.channels === 1 || train.channels === 3) && train.depth === undefined;
  const own = isPicture || (mean !== undefined && std !== undefined) ? {} : channelStatistics(train);
  return {
    ...own,
    ...(mean !== undefined && { mean: numbersIn('mean', mean, train) }),
    ...(std !== undefined && { std: numbersIn('std', std, train) }),
  };
}

function numbersIn(name: string, text: string, { channels }: ImageSet): readonly number[] {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const isRight = numbers.length === channels && numbers.every((n) => Number.isFinite(n) && (name === 'mean' || n > 0));
  if (isRight) return numbers;
  throw new UserError(`${name} must be ${channels} numbers with commas between them, one a channel, not ${text}`);
}
