import { scope, type Tensor, where } from '@tandem/torch';
import { upload } from './rows.js';

/** Keeps the quotient of a gray pixel 0 / 0 at 0; far below the steps of images in 8 bits. */
const TINY = 1e-20;

/**
 * Turns the hue in HSV, as torchvision's `adjust_hue`: value and saturation stay.
 *
 * @param x [n, 3, h, w] in [0, 1] @param turns one number an image
 * @returns a new tensor of x's shape
 */
export function turnHue(x: Tensor, turns: Float32Array): Tensor {
  return scope(() => {
    const [red, green, blue] = x.split(1, { dim: 1 }) as [Tensor, Tensor, Tensor];
    const value = red.maximum(green).maximum(blue);
    const least = red.minimum(green).minimum(blue);
    const chroma = value.sub(least);
    const divisor = chroma.clampMin(TINY);
    const fromRed = green.sub(blue).div_(divisor);
    const fromGreen = blue.sub(red).div_(divisor).add_(2);
    const fromBlue = red.sub(green).div_(divisor).add_(4);
    const sixths = where(value.eq(red), fromRed, where(value.eq(green), fromGreen, fromBlue));
    const hue = sixths.div_(6).add_(upload(turns, [turns.length, 1, 1, 1], x.device));
    hue.sub_(hue.floor()).mul_(6);
    // Each channel is a trapezium over the hue: red |h - 3| - 1, green 2 - |h - 2|, blue 2 - |h - 4|, cut to [0, 1].
    const shape = upload(Float32Array.of(3, 2, 4, 1, -1, -1, -1, 2, 2), [3, 3, 1, 1], x.device);
    const [peak, slope, offset] = shape.unbind() as [Tensor, Tensor, Tensor];
    const share = hue.sub(peak).abs().mul_(slope).add_(offset).clamp_({ min: 0, max: 1 });
    return share.mul_(chroma).add_(least);
  });
}
