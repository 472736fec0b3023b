import type { Sizes } from '../dtype.js';
import * as ops from '../ops.generated.js';
import type { Tensor } from '../tensor.js';
import { Module } from './module.js';

/** The largest value under each kernel position. The stride defaults to the kernel size. */
export class MaxPool2d extends Module {
  /**
   * @param kernel size of a window
   * @param options as PyTorch means them
   */
  constructor(
    readonly kernel: Sizes,
    readonly options: { stride?: Sizes; padding?: Sizes } = {},
  ) {
    super();
  }

  /** @param x [n, c, h, w]; gives [n, c, h', w'] */
  forward(x: Tensor): Tensor {
    return ops.maxPool2d(x, this.kernel, this.options);
  }
}

/** The mean under each kernel position. The stride defaults to the kernel size. */
export class AvgPool2d extends Module {
  /**
   * @param kernel size of a window
   * @param options as PyTorch means them
   */
  constructor(
    readonly kernel: Sizes,
    readonly options: { stride?: Sizes; padding?: Sizes; ceilMode?: boolean; countIncludePad?: boolean } = {},
  ) {
    super();
  }

  /** @param x [n, c, h, w]; gives [n, c, h', w'] */
  forward(x: Tensor): Tensor {
    return ops.avgPool2d(x, this.kernel, this.options);
  }
}

/** Means over as many even cells as `size` says: [n, c, h, w] to [n, c, size, size]. */
export class AdaptiveAvgPool2d extends Module {
  /** @param size of the result */
  constructor(readonly size: Sizes) {
    super();
  }

  /** @param x [n, c, h, w] */
  forward(x: Tensor): Tensor {
    return ops.adaptiveAvgPool2d(x, this.size);
  }
}
