import * as ops from '../ops.generated.js';
import type { Tensor } from '../tensor.js';
import { Module } from './module.js';

/**
 * In training each element is 0 with probability `p`, the others are 1 / (1 - p) times as large; in
 * evaluation x itself. (Srivastava et al., 2014)
 */
export class Dropout extends Module {
  /**
   * @param p in [0, 1]
   * @throws RangeError for others
   */
  constructor(readonly p = 0.5) {
    super();
    if (!(p >= 0 && p <= 1)) throw new RangeError(`Dropout: p must lie in [0, 1], got ${p}`);
  }

  /** @param x of any shape; random numbers come from the default generator */
  forward(x: Tensor): Tensor {
    return this.training ? ops.dropout(x, this.p, true) : x;
  }
}
