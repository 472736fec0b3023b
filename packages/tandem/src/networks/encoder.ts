import type { nn } from '@tandem/torch';

/** A backbone: images [n, channels, h, w] to features [n, featureWidth]. It never knows what trains it. */
export interface Encoder extends nn.Module {
  readonly featureWidth: number;
}

/** How an encoder behaves in training alone: its parameters, and what it computes in evaluation, are the same. */
export interface TrainingForm {
  /** Batch norm normalises so many parts of a training batch each by itself; 1 unless given. */
  readonly splits?: number | undefined;
}

/** Makes a fresh encoder, where and as the run wants it. */
export type NewEncoder = (form?: TrainingForm) => Encoder;
