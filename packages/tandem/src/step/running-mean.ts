import { noGrad, type Placement, scope, type Tensor, zeros } from 'tandem-torch';
import { allRows, type BatchRows } from './rows.js';

/**
 * A moving average of rows: mean = momentum mean + (1 - momentum) (the mean of the new ones), from
 * 0 on. DINO's centre is one.
 */
export class RunningMean {
  /** [1, width]; what a checkpoint must hold. */
  readonly mean: Tensor;

  constructor(
    width: number,
    /** What the mean keeps of itself at an update, from 0 to 1. */
    readonly momentum: number,
    placement: Placement = {},
  ) {
    this.mean = zeros([1, width], placement).keep();
  }

  /** Moves the mean towards that of new rows, over all of the batch. @param rows [n, width] */
  update(rows: Tensor, { mean }: BatchRows = allRows): void {
    scope(() => noGrad(() => this.mean.lerp_(mean(rows), 1 - this.momentum)));
  }
}
