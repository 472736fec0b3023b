import { scope, type Tensor } from '@tandem/torch';
import { upload } from './rows.js';

// Only operators that round each element by itself are used here (`mul`, then `add`, not `addcmul`), and sums along one
// dimension at a time: so an image comes out the same to the last bit wherever it stands in a batch.

/** Weights of red, green and blue in gray (ITU-R BT.601). */
const RED = 0.299;
const GREEN = 0.587;
const BLUE = 0.114;

/** Keeps the quotient of a gray pixel 0 / 0 at 0; far below the steps of images in 8 bits. */
const TINY = 1e-20;

/** The gray of each pixel: [n, c, h, w] to [n, 1, h, w]. One-channel images come back themselves, not a copy. */
export function luma(x: Tensor): Tensor {
  if (x.shape[1] === 1) return x;
  const [red, green, blue] = x.split(1, { dim: 1 }) as [Tensor, Tensor, Tensor];
  return red.mul(RED).add_(green.mul(GREEN)).add_(blue.mul(BLUE));
}

/**
 * f x, cut to [0, 1].
 *
 * @param x [n, c, h, w] in [0, 1], changed in place, as below @param factors one number an image, as below
 */
export function brightness(x: Tensor, factors: Float32Array): Tensor {
  return x.mul_(perImage(factors, x)).clamp_({ max: 1 });
}

/** f x + (1 - f) m, cut to [0, 1]; m is the mean over the gray image. */
export function contrast(x: Tensor, factors: Float32Array): Tensor {
  return scope(() => {
    const [, , h, w] = x.shape as [number, number, number, number];
    const mean = luma(x.sum(3, { keepdim: true }).sum(2, { keepdim: true })).div(h * w);
    return blend(x, mean, factors);
  });
}

/** f x + (1 - f) g, cut to [0, 1]; g is the gray of each pixel. */
export function saturation(x: Tensor, factors: Float32Array): Tensor {
  return scope(() => blend(x, luma(x), factors));
}

function blend(x: Tensor, reference: Tensor, factors: Float32Array): Tensor {
  const rest = reference.mul(
    perImage(
      Float32Array.from(factors, (factor) => 1 - factor),
      x,
    ),
  );
  return x.mul_(perImage(factors, x)).add_(rest).clamp_({ min: 0, max: 1 });
}

/**
 * Turns the hue in HSV; value and saturation stay.
 *
 * @param x [n, 3, h, w] in [0, 1], left alone @param turns one number an image
 * @returns a new tensor of x's shape
 */
export function hue(x: Tensor, turns: Float32Array): Tensor {
  return scope(() => {
    const [red, green, blue] = x.split(1, { dim: 1 }) as [Tensor, Tensor, Tensor];
    const most = red.maximum(green).maximum(blue);
    const least = red.minimum(green).minimum(blue);
    const chroma = most.sub(least);
    // In sixths of a turn from red, -3 to 3, without cases: the way is the same towards green as towards blue.
    const way = most.sub(red).add_(green).add_(blue).sub_(least).sub_(least).div_(chroma.clampMin(TINY));
    const side = green.sub(blue).add_(TINY).sign();
    const turned = way.mul_(side).div_(6).add_(perImage(turns, x));
    turned.sub_(turned.round()).mul_(6);
    // Each channel is a trapezium over the hue, cut to [0, 1]: red 2 - |h|, green |h + 1| - 1, blue |h - 1| - 1.
    const shape = upload(Float32Array.of(0, 1, -1, -1, 1, 1, 2, -1, -1), [3, 3, 1, 1], x.device);
    const [shift, slope, offset] = shape.unbind() as [Tensor, Tensor, Tensor];
    const share = turned.add(shift).abs().mul_(slope).add_(offset).clamp_({ min: 0, max: 1 });
    return share.mul_(chroma).add_(least);
  });
}

/** 1 - x where x is 0.5 or more, which is the lesser of the two; a new tensor. */
export function solarized(x: Tensor): Tensor {
  return scope(() => x.neg().add_(1).minimum(x));
}

function perImage(values: Float32Array, { device }: Tensor): Tensor {
  return upload(values, [values.length, 1, 1, 1], device);
}
