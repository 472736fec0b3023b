import type { nn } from '@tandem/torch';

/** A backbone: images [n, channels, h, w] to features [n, featureWidth]. It never knows what trains it. */
export interface Encoder extends nn.Module {
  readonly featureWidth: number;
}
