import type { nn } from '@tandem/torch';
import type { TrainingForm } from './architecture.js';

/** A backbone: images [n, channels, h, w] to features [n, featureWidth]. It never knows what trains it. */
export interface Encoder extends nn.Module {
  readonly featureWidth: number;
}

/** Makes a fresh encoder, where and as the run wants it. */
export type NewEncoder = (form?: TrainingForm) => Encoder;
