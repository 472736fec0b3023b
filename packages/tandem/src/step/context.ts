import {
  type Device,
  type ScalarOrTensor,
  type ScalarsOrTensor,
  type StepInputs,
  type Tensor,
  upload,
} from 'tandem-torch';
import { allRows, type BatchRows } from './rows.js';
import { Stash } from './stash.js';

/** How far training has come. */
export interface Position {
  /** Student steps taken so far, over the whole run. */
  readonly step: number;
  /** Student steps of the whole run. */
  readonly steps: number;
  /** The epoch, from 1. */
  readonly epoch: number;
  /** Epochs of the whole run. */
  readonly epochs: number;
}

/** Where training stands while a step is taken, which `step` does not count yet. */
export interface StepInfo extends Position {
  /** Steps so far that changed the networks: `step`, less those that were left out. */
  readonly taken?: number;
  /** The learning rate of this step. */
  readonly lr: number;
  /** Of the run: what is random in a method is a function of it and the step. */
  readonly seed: number;
}

/**
 * What a method sees of the step at hand. Whatever changes from step to step it asks for by
 * `scalar`, `branch` and `indices`, so that the step can be captured once and replayed
 * (docs/internals/replay.md). It is a `StepInputs`, so an optimizer can be given it.
 */
export interface StepContext extends StepInputs, BatchRows {
  /**
   * The class of each image of the batch, -1 where it is not known: int64 [n]. There for methods
   * that learn from labels alone.
   */
  readonly labels?: Tensor | undefined;
  /** From the loss to the end of its step. */
  readonly stash: Stash;
  /** A number that depends on the step. */
  scalar(of: (step: StepInfo) => number): ScalarOrTensor;
  /** Several, always as many. */
  scalars(of: (step: StepInfo) => readonly number[]): ScalarsOrTensor;
  /** Which way a branch goes that depends on the step. */
  branch(of: (step: StepInfo) => boolean): boolean;
  /**
   * Indices below 2^24 that depend on the step, always as many: int32 [n], or int64 where the step
   * may be captured.
   */
  indices(of: (step: StepInfo) => Int32Array, device: Device): Tensor;
  /** Forgets the optimizer's momentum. */
  resetMomentum(): void;
  /** The numbers themselves. Work that reads them is right, but never captured. */
  readonly info: StepInfo;
}

/** One step as data: what its contexts are made of. */
export interface StepData {
  /** Where training stands. */
  readonly info: StepInfo;
  /** As in the context. */
  readonly labels?: Tensor | undefined;
  /** As in the context. */
  readonly stash: Stash;
  /** Which rows of the batch are here; defaults to all. */
  readonly rows?: BatchRows | undefined;
  /** @param inputs of the context in which it is asked for */
  resetMomentum(inputs: StepInputs): void;
}

/** The context of a step that is computed as it comes. */
export function eagerContext({
  info,
  labels,
  stash = new Stash(),
  rows = allRows,
  resetMomentum = () => {},
}: Pick<StepData, 'info'> & Partial<StepData>): StepContext {
  const context: StepContext = {
    info,
    labels,
    stash,
    ...rows,
    scalar: (of) => of(info),
    scalars: (of) => of(info),
    branch: (of) => of(info),
    host: (work) => work(),
    indices(of, device) {
      const indices = of(info);
      return upload(indices, [indices.length], device);
    },
    resetMomentum: () => resetMomentum(context),
  };
  return context;
}
