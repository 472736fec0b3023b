import { type Device, type ScalarOrTensor, type StepInputs, type Tensor, upload } from '@tandem/torch';

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
  /**
   * The class of each image of the batch, -1 where it is not known: int64 [n]. There for methods
   * that learn from labels alone.
   */
  readonly labels?: Tensor;
  /** Forgets the optimizer's momentum. */
  resetMomentum(now?: StepInputs): void;
  /** Where the step may be recorded: how it learns what changes from step to step. */
  readonly now?: MomentNow;
}

/** As `StepInputs`, of functions of the moment. */
export interface MomentNow extends StepInputs {
  scalar(of: (moment: Moment) => number): ScalarOrTensor;
  scalars(of: (moment: Moment) => readonly number[]): Tensor;
  branch(of: (moment: Moment) => boolean): boolean;
}

// Methods read a moment through these three. One that reads it otherwise works all the same, but
// its steps are never recorded.

/** A number that depends on the moment. */
export function at(moment: Moment, of: (moment: Moment) => number): ScalarOrTensor {
  return moment.now ? moment.now.scalar(of) : of(moment);
}

/** A choice of what is done that depends on the moment. */
export function chosenAt(moment: Moment, of: (moment: Moment) => boolean): boolean {
  return moment.now ? moment.now.branch(of) : of(moment);
}

/**
 * Indices below 2^24 that depend on the moment, always as many: int32 [n], or int64 where the step
 * may be recorded.
 */
export function indicesAt(moment: Moment, of: (moment: Moment) => Int32Array, device: Device): Tensor {
  if (moment.now) return moment.now.scalars((then) => Array.from(of(then))).to('int64');
  const indices = of(moment);
  return upload(indices, [indices.length], device);
}
