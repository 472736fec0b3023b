import { autocastEnabled } from '../autograd.js';
import type { Sizes } from '../dtype.js';
import * as ops from '../ops.generated.js';
import { refuseUnknown } from '../options.js';
import type { Tensor } from '../tensor.js';
import * as init from './init.js';
import { buffer, Module, parameter } from './module.js';
import { winogradIsFaster } from './winograd.js';

function pair(size: Sizes): readonly number[] {
  return typeof size === 'number' ? [size, size] : size;
}

/**
 * 2-d convolution: [n, in, h, w] to [n, out, h', w']. In training, wide 3x3 ones in channels-last
 * float32 take `conv2dWinograd`, whose rounding error is about four times that of the definition;
 * in evaluation a result never depends on what else is in the batch.
 */
export class Conv2d extends Module {
  /** Kernels [out, in / groups, kh, kw]. */
  weight: Tensor;
  /** [out], or null without. */
  bias: Tensor | null;
  /** As PyTorch means them. */
  readonly options: { stride: Sizes; padding: Sizes; dilation: Sizes; groups: number };
  /** @internal 3x3 at stride 1, with padding 1, in one group. */
  readonly isPlain3x3: boolean;

  /**
   * Weights and bias begin uniform within +-1/sqrt(in kh kw / groups).
   * @throws RangeError when channels do not divide into the groups
   */
  constructor(
    inputs: number,
    outputs: number,
    kernel: Sizes,
    options: { stride?: Sizes; padding?: Sizes; dilation?: Sizes; groups?: number; bias?: boolean } = {},
  ) {
    super();
    refuseUnknown('Conv2d', options, ['stride', 'padding', 'dilation', 'groups', 'bias']);
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
    if (inputs % groups !== 0 || outputs % groups !== 0) {
      throw new RangeError(`Conv2d: ${inputs} inputs and ${outputs} outputs must divide into ${groups} groups`);
    }
    this.options = { stride, padding, dilation, groups };
    this.isPlain3x3 = groups === 1 && [kernel, stride, padding, dilation].flatMap(pair).join() === '3,3,1,1,1,1,1,1';
    this.weight = parameter(init.uniformFanIn(ops.empty([outputs, inputs / groups, ...pair(kernel)])));
    this.bias = bias ? parameter(init.uniformFanIn(ops.empty([outputs]), this.weight)) : null;
  }

  /** @param x [n, in, h, w] */
  forward(x: Tensor): Tensor {
    const { weight, bias, options } = this;
    if (this.training && this.isPlain3x3 && winogradIsFaster(x, weight)) {
      const y = ops.conv2dWinograd(x, weight);
      return bias === null ? y : y.add(bias.reshape([-1, 1, 1]));
    }
    const stride = pair(options.stride);
    // A 1x1 kernel that steps over pixels, without the pixels: libtorch 1.13's gradient of it
    // corrupts memory in channels-last.
    if (
      weight.shape[2] === 1 &&
      weight.shape[3] === 1 &&
      Math.max(...stride) > 1 &&
      Math.max(...pair(options.padding)) === 0
    ) {
      const [rows, columns] = stride as [number, number];
      const some = ops.slice(ops.slice(x, { dim: 2, step: rows }), { dim: 3, step: columns });
      return ops.conv2d(some, weight, { bias, ...options, stride: 1 });
    }
    // One pixel meets the middle of its kernel alone: the gradient of the rest, in bfloat16 and
    // with a stride, is memory that libtorch 1.13 never wrote.
    if (Math.max(...stride) > 1 && isOnePixel(x, this) && isBfloat16(x)) {
      const [row, column] = pair(options.padding) as [number, number];
      const middle = weight.narrow(2, row, 1).narrow(3, column, 1);
      return ops.conv2d(x, middle, { bias, groups: options.groups });
    }
    return ops.conv2d(x, weight, { bias, ...options });
  }
}

/** Whether the map is one pixel, and the kernel is padded to keep the size. */
function isOnePixel(x: Tensor, { weight, options }: Conv2d): boolean {
  const [rows, columns] = pair(options.padding) as [number, number];
  const [, , height, width] = x.shape;
  const [, , kernelRows, kernelColumns] = weight.shape;
  return (
    height === 1 &&
    width === 1 &&
    kernelRows === 2 * rows + 1 &&
    kernelColumns === 2 * columns + 1 &&
    Math.max(...pair(options.dilation)) === 1
  );
}

/** Whether a convolution of it is computed in bfloat16. */
function isBfloat16(x: Tensor): boolean {
  return x.dtype === 'bfloat16' || (x.dtype === 'float32' && autocastEnabled(x.device));
}

/** x W' + b: [..., in] to [..., out]. */
export class Linear extends Module {
  /** W, [out, in]. */
  weight: Tensor;
  /** b, [out], or null without. */
  bias: Tensor | null;

  /** Weights and bias begin uniform within +-1/sqrt(in). */
  constructor(inputs: number, outputs: number, options: { bias?: boolean } = {}) {
    super();
    refuseUnknown('Linear', options, ['bias']);
    const { bias = true } = options;
    this.weight = parameter(init.uniformFanIn(ops.empty([outputs, inputs])));
    this.bias = bias ? parameter(init.uniformFanIn(ops.empty([outputs]), this.weight)) : null;
  }

  /** @param x [..., in] */
  forward(x: Tensor): Tensor {
    return ops.linear(x, this.weight, { bias: this.bias });
  }
}

/**
 * Batch normalisation over every dimension but the second. In training: by the batch's mean and
 * biased variance, while running = 0.9 running + 0.1 batch (with the unbiased variance); in
 * evaluation: by the running statistics. `affine` gives it a scale and a shift, and `shift: false`
 * takes the latter away again.
 */
class BatchNorm extends Module {
  /** Scale [features], 1 at first; null without `affine`. */
  weight: Tensor | null;
  /** Shift [features], 0 at first; null without `affine` or `shift`. */
  bias: Tensor | null;
  /** [features], 0 at first. */
  runningMean: Tensor;
  /** [features], 1 at first. */
  runningVar: Tensor;
  /** Batches seen in training: int64 []. */
  numBatchesTracked: Tensor;
  /** Share of the batch in the running statistics. */
  momentum: number;
  /** Added to the variance. */
  readonly eps: number;

  /** @param dimensions numbers of dimensions that it takes */
  constructor(
    readonly dimensions: readonly number[],
    features: number,
    options: { affine?: boolean; shift?: boolean; momentum?: number; eps?: number } = {},
  ) {
    super();
    refuseUnknown('BatchNorm', options, ['affine', 'shift', 'momentum', 'eps']);
    const { affine = true, shift = true, momentum = 0.1, eps = 1e-5 } = options;
    this.momentum = momentum;
    this.eps = eps;
    this.weight = affine ? parameter(ops.ones([features])) : null;
    this.bias = affine && shift ? parameter(ops.zeros([features])) : null;
    this.runningMean = buffer(ops.zeros([features]));
    this.runningVar = buffer(ops.ones([features]));
    this.numBatchesTracked = buffer(ops.zeros([], { dtype: 'int64' }));
  }

  /**
   * @param x [n, features, ...]
   * @throws RangeError for other dimensions, and in training for one value per channel
   */
  forward(x: Tensor): Tensor {
    if (!this.dimensions.includes(x.ndim)) {
      throw new RangeError(`${this.constructor.name}: expected ${this.dimensions.join(' or ')} dimensions, got ${x}`);
    }
    const { weight, bias, runningMean, runningVar, training, momentum, eps } = this;
    if (training && x.numel === x.shape[1]) {
      throw new RangeError(
        `${this.constructor.name}: training needs more than one value per channel, got ${x}; use a larger batch`,
      );
    }
    if (training) this.numBatchesTracked.add_(1);
    return ops.batchNorm(x, weight, bias, runningMean, runningVar, training, momentum, eps, true);
  }
}

/** Batch normalisation of [n, c] or [n, c, l]. */
export class BatchNorm1d extends BatchNorm {
  /** @param options momentum 0.1 and eps 1e-5 by default */
  constructor(features: number, options?: ConstructorParameters<typeof BatchNorm>[2]) {
    super([2, 3], features, options);
  }
}

/** Batch normalisation of [n, c, h, w]. */
export class BatchNorm2d extends BatchNorm {
  /** @param options momentum 0.1 and eps 1e-5 by default */
  constructor(features: number, options?: ConstructorParameters<typeof BatchNorm>[2]) {
    super([4], features, options);
  }
}

/**
 * Each row of the last dimension to mean 0 and biased variance 1, then a scale and a shift: [...,
 * features] to the same.
 */
export class LayerNorm extends Module {
  /** Scale [features], 1 at first. */
  weight: Tensor;
  /** Shift [features], 0 at first. */
  bias: Tensor;
  /** Added to the variance. */
  readonly eps: number;

  /** @param options eps 1e-5 by default */
  constructor(features: number, options: { eps?: number } = {}) {
    super();
    refuseUnknown('LayerNorm', options, ['eps']);
    this.eps = options.eps ?? 1e-5;
    this.weight = parameter(ops.ones([features]));
    this.bias = parameter(ops.zeros([features]));
  }

  /** @param x [..., features] */
  forward(x: Tensor): Tensor {
    const { weight, bias, eps } = this;
    return ops.layerNorm(x, weight.shape, { weight, bias, eps });
  }
}

/** max(x, 0). */
export class ReLU extends Module {
  /** @param x of any shape */
  forward(x: Tensor): Tensor {
    return ops.relu(x);
  }
}

/**
 * x P(X <= x) for a standard normal X (Hendrycks and Gimpel, 2016), by the error function, not an
 * approximation.
 */
export class GELU extends Module {
  /** @param x of any shape */
  forward(x: Tensor): Tensor {
    return ops.gelu(x);
  }
}

/**
 * x above 0, below it a learned slope for each channel times x: [n, c, ...] to the same. Slopes
 * begin at 0.25.
 */
export class PReLU extends Module {
  /** Slopes [channels]. */
  weight: Tensor;

  /** @param channels 1: one slope for all */
  constructor(channels = 1, initial = 0.25) {
    super();
    this.weight = parameter(ops.full([channels], initial, { dtype: 'float32' }));
  }

  /** @param x [n, channels, ...] */
  forward(x: Tensor): Tensor {
    return ops.prelu(x, this.weight);
  }
}

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

/** [n, ...] to [n, product of the rest]. */
export class Flatten extends Module {
  /** @param x [n, ...] */
  forward(x: Tensor): Tensor {
    return ops.flatten(x, { startDim: 1 });
  }
}

/** x itself. */
export class Identity extends Module {
  /** @param x of any shape */
  forward(x: Tensor): Tensor {
    return x;
  }
}

/** Modules one after another; their names are their positions. */
export class Sequential extends Module {
  /** The module at a position, from 0. */
  [position: number]: Module;

  /** @param modules in the order in which they are applied */
  constructor(...modules: readonly Module[]) {
    super();
    Object.assign(this, modules);
  }

  /** The modules in order. */
  get layers(): Module[] {
    return Object.values(this).filter((value) => value instanceof Module);
  }

  /** @param x what the first module takes */
  forward(x: Tensor): Tensor {
    return this.layers.reduce((y, layer) => layer.forward(y), x);
  }
}
