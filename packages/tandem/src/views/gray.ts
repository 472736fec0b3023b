import type { Tensor } from '@tandem/torch';

/** Weights of red, green and blue in gray (ITU-R BT.601). */
const RED = 0.299;
const GREEN = 0.587;
const BLUE = 0.114;

/** The brightness of each pixel: [n, c, h, w] to [n, 1, h, w]. One-channel images come back themselves, not a copy. */
export function luma(x: Tensor): Tensor {
  if (x.shape[1] === 1) return x;
  const [red, green, blue] = x.split(1, { dim: 1 }) as [Tensor, Tensor, Tensor];
  return red.mul(RED).add_(green.mul(GREEN)).add_(blue.mul(BLUE));
}
