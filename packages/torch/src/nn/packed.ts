import { noGrad } from '../autograd.js';
import type { Sizes } from '../dtype.js';
import * as ops from '../ops.generated.js';
import { capabilities } from '../runtime.js';
import { scope } from '../scope.js';
import type { Tensor } from '../tensor.js';
import type { Conv2d } from './convolution.js';
import { buffer, Module } from './module.js';

/**
 * From 32 to 256 channels Winograd's method takes less time. Its kernels are four times as large,
 * and of wider ones reading them takes longer than the products of few images
 * (docs/performance/notes/2026-12-01-requests.md).
 */
const [leastChannels, mostOfKernels] = [32, 256 * 256] as const;

/**
 * A convolution that is put to work: its kernels lie in the order in which they are multiplied, and
 * bias, sum and ReLU follow in the same pass. For float32 on a CPU, without gradients. What an
 * image gives depends on nothing but the image, to the last bit: on no other of the batch, and not
 * on the threads. Its rounding error is at most about four times that of the definition.
 */
export class PackedConv2d extends Module {
  /** As `conv2dPack` gives them. */
  readonly kernels: Tensor;
  /** [out] */
  readonly bias: Tensor;
  readonly stride: number;
  readonly padding: number;

  /** Whether there is a packed form of it, which is faster on this processor. */
  static fits({ weight, options }: Conv2d): boolean {
    const { stride, padding, dilation, groups } = options;
    return (
      isSquare(stride) &&
      isSquare(padding) &&
      [dilation].flat().every((d) => d === 1) &&
      groups === 1 &&
      (weight.shape[0] as number) % 16 === 0 &&
      weight.device === 'cpu' &&
      weight.dtype === 'float32' &&
      capabilities().wideVectors
    );
  }

  /** @param conv one that `fits`; stays as it is */
  constructor({ weight, bias, options, isPlain3x3 }: Conv2d) {
    super();
    const [outputs, inputs] = weight.shape as [number, number];
    const isWinograd =
      isPlain3x3 &&
      inputs % 16 === 0 &&
      Math.min(inputs, outputs) >= leastChannels &&
      inputs * outputs <= mostOfKernels;
    [this.kernels, this.bias] = scope(() =>
      noGrad(() => [ops.conv2dPack(weight, isWinograd), bias ? bias.clone() : ops.zeros([outputs])] as const),
    );
    for (const x of [this.kernels, this.bias]) buffer(x);
    this.stride = sideOf(options.stride);
    this.padding = sideOf(options.padding);
  }

  /**
   * @param x [n, in, h, w]
   * @param then `carried` is added, [n, out, h', w']; a ReLU follows
   * @returns [n, out, h', w'] in channels-last
   */
  forward(x: Tensor, then: { readonly carried?: Tensor | undefined; readonly relu?: boolean } = {}): Tensor {
    const { kernels, bias, stride, padding } = this;
    const { carried = null, relu = false } = then;
    return ops.conv2dPacked(x, kernels, bias, { stride, padding, relu, carried });
  }
}

function sideOf(sizes: Sizes): number {
  return typeof sizes === 'number' ? sizes : (sizes[0] as number);
}

function isSquare(sizes: Sizes): boolean {
  return typeof sizes === 'number' || sizes.every((size) => size === sizes[0]);
}
