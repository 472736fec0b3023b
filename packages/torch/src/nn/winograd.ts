import { autocastEnabled } from '../autograd.js';
import type { Tensor } from '../tensor.js';

// Below these its passes over memory cost more than it saves in multiplications, as measured on one
// processor (docs/performance/notes/2026-11-22-winograd.md).
const leastChannels = 128;
const leastPieces = 64;
const leastOfImage = 3 / 4;

/**
 * Whether `conv2dWinograd` is the faster way to a 3x3 convolution with stride and padding 1: with
 * many channels and enough 4x4 pieces to multiply at once, few of whose pixels lie outside the
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
    n * pieces >= leastPieces &&
    height * width >= leastOfImage * 16 * pieces &&
    x.device === 'cpu' &&
    x.dtype === 'float32' &&
    weight.dtype === 'float32' &&
    x.isContiguous('channelsLast') &&
    !autocastEnabled('cpu')
  );
}
