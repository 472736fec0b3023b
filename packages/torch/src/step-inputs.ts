import type { ScalarOrTensor, ScalarsOrTensor } from './scalar-or-tensor.js';

/**
 * What a step of training reads anew each time, so that its work can be captured and replayed: a
 * replay repeats the captured work without running the code, and only what was asked for here
 * follows the steps. Whatever the code learns otherwise stays as it was captured.
 */
export interface StepInputs {
  /**
   * A number of this step: itself, or where the work may be captured a float32 tensor of no
   * dimensions on the device.
   * @param of called once in each step, also when the work is replayed
   */
  scalar(of: () => number): ScalarOrTensor;
  /** Several numbers, always as many: a list, or a float32 tensor [n]. */
  scalars(of: () => readonly number[]): ScalarsOrTensor;
  /** Which way a branch goes. @param of has no side effects */
  branch(of: () => boolean): boolean;
  /** Work of the host in each step, done in the order of these calls. */
  host(work: () => void): void;
}

/** For work that is done at once and never captured: numbers as they are. */
export const eagerInputs: StepInputs = {
  scalar: (of) => of(),
  scalars: (of) => of(),
  branch: (of) => of(),
  host: (work) => work(),
};
