import type { nn } from 'tandem-torch';
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
