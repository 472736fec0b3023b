import { noGrad } from '../autograd.js';
import * as ops from '../ops.generated.js';
import { scope } from '../scope.js';
import type { Tensor } from '../tensor.js';

/** Inputs and outputs of one unit: of a Linear [out, in] or a convolution [out, in, kh, kw]. */
function fans(weight: Tensor): { fanIn: number; fanOut: number } {
  const [out = 1, inputs = 1, ...kernel] = weight.shape;
  const area = kernel.reduce((product, size) => product * size, 1);
  return { fanIn: inputs * area, fanOut: out * area };
}

/**
 * Normal with deviation sqrt(2 / fan), in place: keeps the variance of ReLU networks (He et al.
 * 2015, arXiv:1502.01852).
 * @param weight [out, in] or [out, in, kh, kw]
 */
export function kaimingNormal(weight: Tensor, mode: 'fanIn' | 'fanOut' = 'fanIn'): Tensor {
  return noGrad(() => weight.normal_({ std: Math.sqrt(2 / fans(weight)[mode]) }));
}

/**
 * Uniform within +-1/sqrt(fanIn), in place, the default of Linear and Conv2d.
 * @param weight gives the fan, for its bias too
 */
export function uniformFanIn(x: Tensor, weight = x): Tensor {
  const bound = 1 / Math.sqrt(fans(weight).fanIn);
  return noGrad(() => x.uniform_({ from: -bound, to: bound }));
}

/**
 * Uniform within +-sqrt(6 / (fanIn + fanOut)), in place (Glorot and Bengio, 2010).
 * @param weight [out, in] or [out, in, kh, kw]
 */
export function xavierUniform(weight: Tensor): Tensor {
  const { fanIn, fanOut } = fans(weight);
  const bound = Math.sqrt(6 / (fanIn + fanOut));
  return noGrad(() => weight.uniform_({ from: -bound, to: bound }));
}

/** Normal with deviation `std`, cut off at +-`bound`, in place, as PyTorch's `trunc_normal_`. */
export function truncatedNormal(x: Tensor, std: number, bound = 2): Tensor {
  return noGrad(() =>
    scope(() => {
      const within = ops
        .full([], bound / (std * Math.SQRT2), { dtype: 'float64' })
        .erf()
        .item();
      // float32 rounds more to 1, which erfinv takes to infinity
      const edge = Math.min(within, 1 - 2 ** -24);
      return x.copy_(
        x
          .uniform_({ from: -edge, to: edge })
          .erfinv()
          .mul_(std * Math.SQRT2),
      );
    }),
  );
}

/** Every element one value, in place. */
export function constant(x: Tensor, value: number): Tensor {
  return noGrad(() => x.fill_(value));
}
