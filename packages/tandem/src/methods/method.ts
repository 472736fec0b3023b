import type { Tensor } from '@tandem/torch';
import type { Branch } from '../networks/index.js';
import type { View } from '../views/index.js';

/** Where training stands while a step is taken. */
export interface Moment {
  /** Student steps taken before this one, over the whole run. */
  readonly step: number;
  /** The epoch, from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** The learning rate of this step. */
  readonly lr: number;
  /** Forgets the optimizer's momentum. */
  resetMomentum(): void;
}

/** How an epoch runs through the data: fresh passes over it, and steps on each batch with new views of the same images. */
export interface Rounds {
  readonly passes: number;
  readonly repeats: number;
}

/**
 * A way to learn without labels: a value, never a subclass. One step is always: loss, backward, `beforeStep`, optimizer, `afterStep`.
 * A method sees tensors only; it never touches files, the console or another method.
 */
export interface Method {
  readonly name: string;
  /** What the optimizer trains; its encoder is the student's. */
  readonly learns: Branch;
  /** The network that follows, where there is one: state, but never trained. */
  readonly teacher?: Branch;
  /** Whose encoder is the result. */
  readonly keeps: 'student' | 'teacher';
  /** What else decides how training goes on, by name: banks, pointers, centres. Kept in checkpoints. */
  readonly state?: Readonly<Record<string, Tensor>>;
  /** How the views of an image are made, in the order `loss` takes them. */
  readonly views: readonly View[];
  readonly rounds: Rounds;
  /** The loss of one batch, a single number. @param views [n, c, h, w] each */
  loss(views: readonly Tensor[]): Tensor;
  /** Changes gradients, after backward. */
  beforeStep?(moment: Moment): void;
  /** Moves the teacher, banks and centres, after the optimizer. */
  afterStep?(moment: Moment): void;
  /** The method's own numbers for the metrics; may be costly, so only asked for when they are written. */
  numbers?(moment: Pick<Moment, 'epoch' | 'epochs'>): Record<string, number>;
  /** Makes the encoders ready to be evaluated. @param batches of training views, made as they are asked for */
  beforeEvaluation?(batches: Iterable<Tensor>): void;
}
