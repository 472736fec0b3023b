import { conv2d, full, gradEnabled, nn, noGrad, scope, type Tensor, zeros } from 'tandem-torch';

/**
 * The derivative that stands in for the sign's, which is 0: of `clip`, clamp(x, -1, 1), and of
 * `quadratic`, Bi-Real Net's x (2 - |x|) between -1 and 1 (Liu et al., 2018). 0 outside.
 */
export type Surrogate = 'clip' | 'quadratic';

/**
 * +1 where x >= 0, at -0 too, else -1; backward with the surrogate's derivative. In the shape and
 * type of x.
 */
export function binarySign(x: Tensor, surrogate: Surrogate): Tensor {
  return withSlope(x, () => {
    const size = x.abs();
    return surrogate === 'clip' ? size.le(1).to(x.dtype) : size.mul_(-2).add_(2).relu_();
  });
}

/** The sign of x, whose derivative is said to be `slope`. */
function withSlope(x: Tensor, slope: () => Tensor): Tensor {
  const recorded = gradEnabled() && x.requiresGrad;
  const [sign, derivative] = noGrad(() =>
    scope((): [Tensor, Tensor?] => {
      const sign = x.ge(0).to(x.dtype).mul_(2).sub_(1);
      return recorded ? [sign, slope()] : [sign];
    }),
  );
  // x - x is 0 exactly, so that the value is the sign's to the bit. What is not a number stays
  // none.
  return derivative ? x.sub(x.detach()).mul_(derivative).add_(sign) : sign;
}

/**
 * A convolution without bias whose weights are signs: [n, in, h, w], itself of signs, to [n, out,
 * h', w']. Each output channel is a whole number times the mean absolute value of that channel's
 * latent weights, which gets no gradient of its own; the latent weights get theirs where they lie
 * within [-1, 1]. Borders count as 0. Under autocast to bfloat16 whole numbers above 256 are
 * rounded. (Rastegari et al., 2016; Liu et al., 2018; liuzechun/ReActNet)
 */
export class BinaryConv2d extends nn.Module {
  /** Latent: its signs are what convolves. [out, in, kernel, kernel] */
  readonly weight: Tensor;
  readonly options: { readonly stride: number; readonly padding: number };

  /**
   * @param binary false: the weights as they are, without scale, for the first of two steps of
   * training
   */
  constructor(
    inputs: number,
    outputs: number,
    kernel: number,
    stride: number,
    readonly binary: boolean,
  ) {
    super();
    this.options = { stride, padding: (kernel - 1) / 2 };
    // Of both signs: the released code draws positive numbers alone, which makes all filters of a
    // layer one.
    this.weight = nn.parameter(nn.init.kaimingNormal(zeros([outputs, inputs, kernel, kernel]), 'fanOut'));
  }

  forward(x: Tensor): Tensor {
    const { weight, options, binary } = this;
    if (!binary) return conv2d(x, weight, options);
    const scale = noGrad(() => weight.abs().mean([1, 2, 3], { keepdim: true }).clampMin(1e-12));
    // The scale multiplies the output, and so the gradient; the sign's slope takes it out again.
    const sign = withSlope(weight, () => weight.abs().le(1).to(weight.dtype).div_(scale));
    return conv2d(x, sign, options).mul(scale.reshape([1, -1, 1, 1]));
  }
}

/**
 * The sign of x + b, with a learned shift b for each channel (ReActNet, Liu et al., 2020); without
 * `shifts` of x. Slope: quadratic.
 */
export class RSign extends nn.Module {
  readonly bias: Tensor | null;

  constructor(channels: number, shifts: boolean) {
    super();
    this.bias = shifts ? nn.parameter(zeros([channels])) : null;
  }

  forward(x: Tensor): Tensor {
    return binarySign(this.bias ? x.add(perChannel(this.bias)) : x, 'quadratic');
  }
}

/** PReLU with learned shifts of each channel before and after it (ReActNet, Liu et al., 2020). */
export class RPReLU extends nn.Module {
  readonly before: Tensor;
  readonly weight: Tensor;
  readonly after: Tensor;

  constructor(channels: number) {
    super();
    this.before = nn.parameter(zeros([channels]));
    this.weight = nn.parameter(full([channels], 0.25, { dtype: 'float32' }));
    this.after = nn.parameter(zeros([channels]));
  }

  forward(x: Tensor): Tensor {
    return x.add(perChannel(this.before)).prelu(this.weight).add_(perChannel(this.after));
  }
}

function perChannel(x: Tensor): Tensor {
  return x.reshape([1, -1, 1, 1]);
}
