import { autocastEnabled, gradEnabled } from '../autograd.js';
import type { Sizes } from '../dtype.js';
import * as ops from '../ops.generated.js';
import { refuseUnknown } from '../options.js';
import type { Tensor } from '../tensor.js';
import * as init from './init.js';
import { Module, parameter } from './module.js';
import type { BatchNorm2d } from './norm.js';
import { winogradAfterNorm, winogradIsFaster } from './winograd.js';

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

  /**
   * Of `input`, or of relu(norm(input)) where a norm is given, which is then not even in memory
   * where Winograd's method is taken.
   * @param input [n, in, h, w]
   */
  forward(input: Tensor, norm?: BatchNorm2d): Tensor {
    const { weight, bias, options } = this;
    const takesWinograd = this.training && this.isPlain3x3 && winogradIsFaster(input, weight);
    if (norm !== undefined && takesWinograd && bias === null && norm.isRecomputed(input)) {
      return winogradAfterNorm(input, norm, weight);
    }
    const x = norm === undefined ? input : norm.relu(input);
    if (takesWinograd) {
      const y = ops.conv2dWinograd(x, weight);
      return bias === null ? y : y.add(bias.reshape([-1, 1, 1]));
    }
    const stride = pair(options.stride);
    // One pixel meets the middle of its kernel alone: the gradient of the rest, in bfloat16 and
    // with a stride, is memory that libtorch 1.13 never wrote
    // (findings/bfloat16-strided-conv-gradient.sh).
    if (Math.max(...stride) > 1 && isOnePixel(x, this) && isBfloat16(x)) {
      const [row, column] = pair(options.padding) as [number, number];
      const middle = weight.narrow(2, row, 1).narrow(3, column, 1);
      return ops.conv2d(x, middle, { bias, groups: options.groups });
    }
    // An input that can be made again in the backward pass is not kept for it. Without gradients
    // the result is to be the same.
    if (this.training) return ops.conv2dRecomputing(x, weight, { bias, ...options });
    if (weight.shape[2] === 1 && weight.shape[3] === 1 && Math.max(...pair(options.padding)) === 0) {
      return ofPixels(x, this, stride as [number, number]);
    }
    return ops.conv2d(x, weight, { bias, ...options });
  }
}

/** The convolution of a 1x1 kernel without padding. */
function ofPixels(
  x: Tensor,
  { weight, bias, options, training }: Conv2d,
  [rows, columns]: readonly [number, number],
): Tensor {
  // Steps are taken without the kernel: libtorch 1.13's gradient of those corrupts memory in
  // channels-last.
  const steps = Math.max(rows, columns) > 1;
  const some = steps ? ops.slice(ops.slice(x, { dim: 2, step: rows }), { dim: 3, step: columns }) : x;
  // With one thread libtorch takes another kernel for fewer than 16 images, unless there is a
  // dilation, which says nothing to one pixel: an image's features would not be the same bits then.
  // In training they need not be, and are to be the same with and without gradients.
  const dilation = training || gradEnabled() || x.device !== 'cpu' ? options.dilation : 2;
  return ops.conv2d(some, weight, { bias, groups: options.groups, dilation });
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

/** Settings of `ConvTranspose2d`, as PyTorch means them. */
export interface ConvTransposeOptions {
  readonly stride?: Sizes;
  readonly padding?: Sizes;
  /** Rows and columns added at the end, where a stride leaves the size open. */
  readonly outputPadding?: Sizes;
  readonly dilation?: Sizes;
  readonly groups?: number;
  readonly bias?: boolean;
}

/**
 * The transpose of a 2-d convolution, which enlarges where that reduces: [n, in, h, w] to [n, out,
 * h', w'].
 */
export class ConvTranspose2d extends Module {
  /** Kernels [in, out / groups, kh, kw]. */
  weight: Tensor;
  /** [out], or null without. */
  bias: Tensor | null;
  readonly options: Omit<ConvTransposeOptions, 'bias'>;

  /**
   * Weights and bias begin uniform within +-1/sqrt(out kh kw / groups), as PyTorch has them.
   * @throws RangeError when channels do not divide into the groups
   */
  constructor(inputs: number, outputs: number, kernel: Sizes, options: ConvTransposeOptions = {}) {
    super();
    const known = ['stride', 'padding', 'outputPadding', 'dilation', 'groups', 'bias'];
    refuseUnknown('ConvTranspose2d', options, known);
    const { bias = true, ...rest } = options;
    const { groups = 1 } = rest;
    if (inputs % groups !== 0 || outputs % groups !== 0) {
      const given = `${inputs} inputs and ${outputs} outputs`;
      throw new RangeError(`ConvTranspose2d: ${given} must divide into ${groups} groups`);
    }
    this.options = rest;
    this.weight = parameter(init.uniformFanIn(ops.empty([inputs, outputs / groups, ...pair(kernel)])));
    this.bias = bias ? parameter(init.uniformFanIn(ops.empty([outputs]), this.weight)) : null;
  }

  /** @param x [n, in, h, w] */
  forward(x: Tensor): Tensor {
    return ops.convTranspose2d(x, this.weight, { bias: this.bias, ...this.options });
  }
}
