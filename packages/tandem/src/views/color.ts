import { scope, type Tensor } from 'tandem-torch';

// What each operation is; on the CPU the jitter of three channels is done by a kernel (see
// `jitter`). Only operators that round each element by itself are used here (`mul`, then `add`, not
// `addcmul`), and sums along one dimension at a time: so an image comes out the same to the last
// bit wherever it stands in a batch.

/** Weights of red, green and blue in gray (ITU-R BT.601). */
const lumaWeights = [0.299, 0.587, 0.114] as const;

/** Keeps the quotient of a gray pixel 0 / 0 at 0; far below the steps of images in 8 bits. */
const tiniest = 1e-20;

/**
 * The gray of each pixel: [n, c, h, w] to [n, 1, h, w]. One-channel images come back themselves,
 * not a copy; of images with other channels than three it is their mean.
 */
export function luma(x: Tensor): Tensor {
  const channels = x.shape[1] as number;
  if (channels === 1) return x;
  if (channels !== 3) return x.sum(1, { keepdim: true }).div(channels);
  const [red, green, blue] = x.split(1, { dim: 1 }) as [Tensor, Tensor, Tensor];
  return red.mul(lumaWeights[0]).add_(green.mul(lumaWeights[1])).add_(blue.mul(lumaWeights[2]));
}

/**
 * f x, cut to [0, 1].
 *
 * @param x [n, c, h, w] in [0, 1], changed in place, as below @param factors [n, 1, 1, 1], as below
 */
export function brightness(x: Tensor, factors: Tensor): Tensor {
  return x.mul_(factors).clamp_({ max: 1 });
}

/** f x + (1 - f) m, cut to [0, 1]; m is the mean over the gray image. */
export function contrast(x: Tensor, factors: Tensor): Tensor {
  return scope(() => {
    const [, , h, w] = x.shape as [number, number, number, number];
    const mean = luma(x.sum(3, { keepdim: true }).sum(2, { keepdim: true })).div(h * w);
    return x
      .mul_(factors)
      .add_(mean.mul_(restOf(factors)))
      .clamp_({ min: 0, max: 1 });
  });
}

/** f x + (1 - f) g, cut to [0, 1]; g is the gray of each pixel. For three channels. */
export function saturation(x: Tensor, factors: Tensor): Tensor {
  return scope(() => {
    const gray = luma(x).mul_(restOf(factors));
    return x.mul_(factors).add_(gray).clamp_({ min: 0, max: 1 });
  });
}

/**
 * Turns the hue in HSV; value and saturation stay.
 *
 * @param x [n, 3, h, w] in [0, 1], changed in place @param turns [n, 1, 1, 1]
 */
export function hue(x: Tensor, turns: Tensor): Tensor {
  return scope(() => {
    const most = x.amax({ dim: 1, keepdim: true });
    const least = x.amin({ dim: 1, keepdim: true });
    const chroma = most.sub(least);
    const sixfold = chroma.mul(6).add_(tiniest);
    // The way from red, 0 to 0.5 of a turn, without cases: it is the same towards green as towards
    // blue.
    const [red, green, blue] = x.split(1, { dim: 1 }) as [Tensor, Tensor, Tensor];
    const way = chroma.sub(red).add_(green).add_(blue).sub_(least).div_(sixfold);
    const turned = way.copysign_(green.sub(blue)).add_(turns);
    turned.sub_(turned.round());
    // Each channel is a trapezium over the hue in sixths: red 2 - |h|, green |h + 1| - 1, blue |h -
    // 1| - 1, cut to [0, 1].
    x.copy_(turned);
    green.add_(1 / 6);
    blue.sub_(1 / 6);
    x.abs_()
      .clamp_({ min: 1 / 6, max: 2 / 6 })
      .mul_(sixfold);
    red.neg_().add_(most.add_(chroma));
    x.narrow(1, 1, 2).add_(least.sub_(chroma));
    // Rounding may leave the range.
    return x.clamp_({ min: 0, max: 1 });
  });
}

/** 1 - x where x is 0.5 or more, which is the lesser of the two; a new tensor. */
export function solarized(x: Tensor): Tensor {
  return scope(() => x.neg().add_(1).minimum(x));
}

function restOf(factors: Tensor): Tensor {
  return factors.neg().add_(1);
}
