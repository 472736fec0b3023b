import type { Device, optim, Tensor } from 'tandem-torch';
import type { BatchRows } from '../step/index.js';
import type { Accumulation } from './accumulation.js';
import type { GradientClip } from './clip.js';
import type { SharedBatch } from './distributed/shared-batch.js';
import type { Capture } from './replay/capture.js';
import type { Schedule } from './schedule.js';

/** How long, how fast and where. */
export interface Plan {
  /** Epochs of the whole run. */
  readonly epochs: number;
  /** The learning rate of each step. */
  readonly lr: Schedule;
  /** Of tensors that have none of their own; defaults to the optimizer's own. */
  readonly weightDecay?: Schedule | undefined;
  /** Defaults to gradients of any length. */
  readonly clip?: GradientClip | undefined;
  /** Over the parameters of what the method trains. */
  readonly optimizer: optim.Optimizer;
  /** The loss is minimised times this; defaults to 1. */
  readonly scaleLoss?: number;
  /** Of views and of what is random in a method. */
  readonly seed: number;
  /** Where networks and views are. */
  readonly device: Device;
  /** Of matrix products and convolutions; parameters are float32 always. */
  readonly precision: 'float32' | 'bfloat16';
  /** How views, and with them activations, lie in memory. */
  readonly memoryFormat: 'contiguous' | 'channelsLast';
  /** The loss is read, which waits for a GPU, every so many steps. */
  readonly readLossEvery: number;
  /** How steps are captured, to be replayed later; defaults to no capture. */
  readonly capture?: Capture | undefined;
  /**
   * Where the work of a step finds numbers that change from step to step: with the host, unless it
   * is captured, or in the device's memory, as if it were. Results differ in last bits.
   */
  readonly numbersIn?: 'host' | 'device';
  /** A loss or gradient that is not finite ends the run, unless its step is to be skipped. */
  readonly nonFinite?: 'stop' | 'skip';
  /**
   * Sees the views of each step that was taken, and which images they are of, after it. It changes
   * nothing.
   */
  readonly watch?: ((views: readonly Tensor[], images: Uint32Array, rows: BatchRows) => void) | undefined;
  /** Where other processes have parts of each batch; defaults to all of it here. */
  readonly shared?: SharedBatch | undefined;
  /** Sends batches through the networks in parts; defaults to all images at once. */
  readonly accumulation?: Accumulation | undefined;
  /** Steps already taken, to continue from. */
  readonly startStep?: number;
  /** How many of them changed the networks; defaults to all. */
  readonly startTaken?: number;
  /** How many of them, the last ones, were skipped one after another. */
  readonly startSkipped?: number;
}
