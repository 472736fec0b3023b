import type { Architecture } from '../networks/index.js';

/** What someone who loads an encoder must know besides its weights. */
export interface EncoderCard {
  readonly architecture: Architecture;
  /** Side of the images it was trained on, in pixels. */
  readonly size: number;
  /** Its inputs are (pixels / 255 - mean) / std, per channel. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}
