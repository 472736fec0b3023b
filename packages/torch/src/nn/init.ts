import { noGrad } from '../autograd.js';
import type { Tensor } from '../tensor.js';

/** Inputs and outputs of one unit: of a Linear [out, in] or a convolution [out, in, kh, kw]. */
function fans(weight: Tensor): { fanIn: number; fanOut: number } {
  const [out = 1, inputs = 1, ...kernel] = weight.shape;
  const area = kernel.reduce((product, size) => product * size, 1);
  return { fanIn: inputs * area, fanOut: out * area };
}

/** Normal with deviation sqrt(2 / fan): keeps the variance of ReLU networks (He et al., 2015). */
export function kaimingNormal(weight: Tensor, mode: 'fanIn' | 'fanOut' = 'fanIn'): Tensor {
  return noGrad(() => weight.normal_({ std: Math.sqrt(2 / fans(weight)[mode]) }));
}

/** Uniform within +-1/sqrt(fanIn), the default of Linear and Conv2d; `weight` gives the fan for its bias too. */
export function uniformFanIn(x: Tensor, weight = x): Tensor {
  const bound = 1 / Math.sqrt(fans(weight).fanIn);
  return noGrad(() => x.uniform_({ from: -bound, to: bound }));
}

/** Every element one value. */
export function constant(x: Tensor, value: number): Tensor {
  return noGrad(() => x.fill_(value));
}
