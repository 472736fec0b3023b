import type { Operations } from '../../networks/index.js';

/** Bytes at the height of a step. */
export interface MemoryFacts {
  /** Of all networks, running statistics included. */
  readonly networks: number;
  /** Of all that is trained. */
  readonly gradients: number;
  /** The optimizer's, and the method's own: queues, centres. */
  readonly state: number;
  /** What the forward passes of one batch leave for the backward pass, views included. */
  readonly activations: number;
  /** The sum of the others. */
  readonly total: number;
}

/** What a step computes and holds. */
export interface StepLoad {
  /**
   * All forward passes of a step, and the backward passes of what learns, each as two forward ones.
   */
  readonly perStep: Operations;
  /** At the height of a step. */
  readonly memory: MemoryFacts;
  /** The batch sizes whose activations were measured. */
  readonly measuredAt: readonly number[];
}

/** What a run takes, in seconds, as measured on this machine. */
export interface RunTime {
  /** A training step. */
  readonly step: number;
  /** What ends an epoch: the diagnostics, and k-NN where it is due. */
  readonly evaluation: number;
  /** An epoch, k-NN included. */
  readonly epoch: number;
  /** All of it, with the report at its end. */
  readonly all: number;
  /** Images of the steps that were timed: the whole batch, or a part where that takes long. */
  readonly timedBatch: number;
}

/** A change of a setting, and what comes of it. */
export interface Change {
  /** As it is given on the command line: `width=32`. */
  readonly setting: string;
  /** About so many seconds for all of the run. */
  readonly all: number;
}

/** What a run will take, before its first step. */
export interface Forecast {
  /** Of a step, an epoch and all. */
  readonly time: RunTime;
  /** What a step computes and holds; of runs on the CPU, where memory can be told. */
  readonly load?: StepLoad;
  /** What makes it shorter, where it is long. */
  readonly shorter: readonly Change[];
  /** What to do where a step holds more than there is memory. */
  readonly memoryAdvice?: string;
}
