import type { nn, Tensor } from 'tandem-torch';
import type { Architecture, TrainingForm } from './architecture.js';

/**
 * A backbone: images [n, channels, h, w] to features [n, featureWidth]. It never knows what trains
 * it.
 */
export interface Encoder extends nn.Module {
  /** How many features an image has. */
  readonly featureWidth: number;
}

/**
 * Makes a fresh encoder, where and as the run wants it; of the run's architecture, or of another.
 */
export type NewEncoder = (form?: TrainingForm, other?: Architecture) => Encoder;

/** What an encoder tells of images, and of the places in them. */
export interface Seen {
  /** What `forward` gives: [n, featureWidth]. */
  readonly features: Tensor;
  /** Of patches, or of the last map before its means: [n, placeWidth, rows, columns]. */
  readonly places: Tensor;
}

/** An encoder that tells of places too: transformers of their patches, others of their last map. */
export interface PlacedEncoder extends Encoder {
  /** Numbers of a place. */
  readonly placeWidth: number;
  /** Both in one pass over images [n, channels, h, w]. */
  see(x: Tensor): Seen;
}

/** Whether an encoder tells of places; one of your own may not. */
export function seesPlaces(encoder: Encoder): encoder is PlacedEncoder {
  return 'see' in encoder && 'placeWidth' in encoder;
}
