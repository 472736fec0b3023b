import { noGrad } from '../autograd.js';
import * as ops from '../ops.generated.js';
import { refuseUnknown } from '../options.js';
import type { Tensor } from '../tensor.js';
import { Module, parameter } from './module.js';

/** A row of numbers for each of `count` words: int64 [...] to [..., features]. */
export class Embedding extends Module {
  /** [count, features]. */
  weight: Tensor;
  /** The word whose row gets no gradient, or -1. */
  readonly paddingIndex: number;

  /**
   * Rows begin standard normal, that of `paddingIndex` at 0, and stay there.
   * @throws RangeError for a padding index that is no word
   */
  constructor(count: number, features: number, options: { paddingIndex?: number } = {}) {
    super();
    refuseUnknown('Embedding', options, ['paddingIndex']);
    const { paddingIndex = -1 } = options;
    if (!Number.isInteger(paddingIndex) || paddingIndex < -1 || paddingIndex >= count) {
      throw new RangeError(`Embedding: paddingIndex must be a word from 0 to ${count - 1}, got ${paddingIndex}`);
    }
    this.paddingIndex = paddingIndex;
    this.weight = parameter(ops.randn([count, features]));
    if (paddingIndex >= 0) noGrad(() => this.weight.narrow(0, paddingIndex, 1).zero_().dispose());
  }

  /** @param x int64 [...], each from 0 to count - 1 */
  forward(x: Tensor): Tensor {
    return ops.embedding(this.weight, x, { paddingIdx: this.paddingIndex });
  }
}
