import { autocastEnabled } from '../autograd.js';
import * as ops from '../ops.generated.js';
import { capabilities } from '../runtime.js';
import type { Tensor } from '../tensor.js';
import type { BatchNorm2d } from './norm.js';

// Below these its passes over memory cost more than it saves in multiplications, as measured on one
// processor (docs/performance/notes/2026-12-01-speed.md).
const leastChannels = 32;
const leastPixels = 1024;
const leastOfImage = 3 / 4;

let areVectorsWide: boolean | undefined;

/** Without wide vectors libtorch's own convolutions are faster. */
function hasWideVectors(): boolean {
  areVectorsWide ??= capabilities().wideVectors;
  return areVectorsWide;
}

/**
 * Whether `conv2dWinograd` is the faster way to a 3x3 convolution with stride and padding 1: from
 * 32 channels on, with enough pixels to multiply at once, and few of its 4x4 pieces' outside the
 * images, in channels-last float32 on a CPU.
 * @param x [n, in, h, w] @param weight [out, in, 3, 3]
 */
export function winogradIsFaster(x: Tensor, weight: Tensor): boolean {
  const [outputs, inputs] = weight.shape as [number, number];
  const [n, , height, width] = x.shape as [number, number, number, number];
  const pieces = Math.ceil(height / 4) * Math.ceil(width / 4);
  return (
    Math.min(inputs, outputs) >= leastChannels &&
    inputs % 16 === 0 &&
    outputs % 16 === 0 &&
    n * height * width >= leastPixels &&
    height * width >= leastOfImage * 16 * pieces &&
    x.device === 'cpu' &&
    x.dtype === 'float32' &&
    weight.dtype === 'float32' &&
    x.isContiguous('channelsLast') &&
    !autocastEnabled('cpu') &&
    hasWideVectors()
  );
}

/**
 * The convolution of relu(norm(x)), which is not kept for the backward pass.
 * @param x [n, in, h, w] @param weight [out, in, 3, 3]
 */
export function winogradAfterNorm(x: Tensor, norm: BatchNorm2d, weight: Tensor): Tensor {
  const { runningMean, runningVar, momentum, eps } = norm;
  norm.numBatchesTracked.add_(1);
  const [scale, shift] = [norm.weight as Tensor, norm.bias as Tensor];
  return norm.measured(() =>
    ops.conv2dWinogradAfterNorm(x, scale, shift, runningMean, runningVar, weight, momentum, eps),
  );
}
