import type { RandomStream } from '../random.js';
import type { View } from './view.js';

/** A part of an image, in whole pixels. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

const tries = 10;

/**
 * The box of torchvision's RandomResizedCrop: up to ten tries of an area and a ratio, even in its
 * logarithm; then the largest box at the centre whose ratio is within the range.
 */
export function drawBox(random: RandomStream, crop: NonNullable<View['crop']>, height: number, width: number): Box {
  const [low, high] = crop.ratio;
  const logLow = Math.log(low);
  const logHigh = Math.log(high);
  for (let tried = 0; tried < tries; tried++) {
    const area = height * width * random.between(...crop.scale);
    const ratio = Math.exp(random.between(logLow, logHigh));
    const w = Math.round(Math.sqrt(area * ratio));
    const h = Math.round(Math.sqrt(area / ratio));
    if (w < 1 || h < 1 || w > width || h > height) continue;
    return { top: random.below(height - h + 1), left: random.below(width - w + 1), height: h, width: w };
  }
  return centreBox(low, high, height, width);
}

function centreBox(low: number, high: number, height: number, width: number): Box {
  const ratio = width / height;
  const w = ratio > high ? Math.max(1, Math.round(height * high)) : width;
  const h = ratio < low ? Math.max(1, Math.round(width / low)) : height;
  return { top: Math.floor((height - h) / 2), left: Math.floor((width - w) / 2), height: h, width: w };
}
