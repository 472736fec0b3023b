import { grad, randn, type Tensor } from '../src/index.js';

/** Random numbers, [n, c, h, w], whose gradient is asked for, channels last. */
export function normal(...shape: number[]): Tensor {
  const x = randn(shape).to({ memoryFormat: 'channelsLast' });
  x.requiresGrad = true;
  return x;
}

/** The same in float64. */
export function wide(x: Tensor): Tensor {
  const copy = x.detach().to('float64');
  copy.requiresGrad = true;
  return copy;
}

/** y, dy/dx and dy/dw in the direction of `g`. */
export function withGradients(f: (x: Tensor, w: Tensor) => Tensor, x: Tensor, w: Tensor, g: Tensor): Tensor[] {
  const y = f(x, w);
  return [y, ...(grad([y], [x, w], { gradOutputs: [g] }) as Tensor[])];
}
