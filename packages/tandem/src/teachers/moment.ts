import type { Tensor } from '@tandem/torch';

/** How far training has come. */
export interface Position {
  /** Student steps taken so far, over the whole run. */
  readonly step: number;
  /** Student steps of the whole run. */
  readonly steps: number;
  /** The epoch, from 1. */
  readonly epoch: number;
  readonly epochs: number;
}

/** Where training stands while a step is taken, which `step` does not count yet. */
export interface Moment extends Position {
  /** The learning rate of this step. */
  readonly lr: number;
  /** Of the run: what is random in a method is a function of it and the step. */
  readonly seed: number;
  /** The class of each image of the batch, -1 where it is not known: int64 [n]. There for methods that learn from labels alone. */
  readonly labels?: Tensor;
  /** Forgets the optimizer's momentum. */
  resetMomentum(): void;
}
