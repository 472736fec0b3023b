import { UserError } from '../errors.js';
import type { Architecture } from '../networks/index.js';
import { evaluationView, type View } from '../views/index.js';

/** What someone who loads an encoder must know besides its weights. */
export interface EncoderCard {
  /** What it is built from. */
  readonly architecture: Architecture;
  /** Side of the images it was trained on, in pixels. */
  readonly size: number;
  /** Its inputs are (pixels / 255 - mean) / std, per channel. */
  readonly mean: readonly number[];
  /** As `mean`: one number a channel, of values in [0, 1]. */
  readonly std: readonly number[];
  /** Which numbers of a file are black and white, where it was trained on images of such files. */
  readonly range?: readonly [black: number, white: number] | undefined;
  /** Bits of a sample, where it was trained on those of 16. */
  readonly bits?: 16 | undefined;
}

/**
 * How images must be opened for the encoder: gray ones are repeated for one of colour, and the
 * reverse.
 */
export function pixelsOf({
  architecture,
  range,
  bits,
}: EncoderCard): Pick<EncoderCard, 'range' | 'bits'> & { channels: number } {
  const { channels } = architecture;
  return { channels, ...(range && { range }), ...(bits && { bits }) };
}

/** How images are shown to the encoder when it is used. */
export function encoderView({ size, mean, std, architecture }: EncoderCard): View {
  return evaluationView({ size, channels: architecture.channels, mean, std });
}

/**
 * @param images their name, for the message
 * @throws UserError where images have other channels than the encoder takes
 */
export function checkChannels(images: string, channels: number, { architecture }: EncoderCard): void {
  if (channels === architecture.channels) return;
  throw new UserError(`${images} has images of ${channels} channels, the encoder takes ${architecture.channels}`);
}
