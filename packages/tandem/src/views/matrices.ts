import { arange, scope, type Tensor, where, zeros } from 'tandem-torch';
import { cubicReach, type Interpolation, reachOf, tapsEach } from './taps.js';

// What `taps.ts` works out on the host, by operators on the device of the images: so a few numbers
// an image go there, not its weights. In float64 like there, where the device has it, since a
// weight is a small difference of large positions. The weights then come out the same, but for
// those that are 0 up to rounding, and for the last bit where mirrored weights of a blur meet. Only
// the few that can be other than 0 are worked out, which is next to nothing beside the pixels even
// where float64 is slow.

/** As the numbers in `taps.ts`, of distances from 0 on, which are changed. */
const weighted: Record<Interpolation, (distance: Tensor) => Tensor> = {
  bilinear: (d) => d.neg_().add_(1).clamp_({ min: 0 }),
  bicubic: (d) => {
    const near = d.mul(1.5).sub_(2.5).mul_(d).mul_(d).add_(1);
    const far = d.clamp_({ max: 2 }).mul(-0.5).add_(2.5).mul_(d).sub_(4).mul_(d).add_(2);
    return where(d.lt(1), near, far);
  },
};

/**
 * `resizeTaps` as matrices.
 *
 * @param lines [3, n] of whole numbers: start, extent, and 1 where the result is mirrored
 * @param length of the lines, or more
 * @returns float32 [n, size, length]
 */
export function resizeMatrices(lines: Tensor, length: number, size: number, interpolation: Interpolation): Tensor {
  const { device, dtype } = lines;
  const n = lines.shape[1] as number;
  const each = tapsEach(length, size, interpolation);
  return scope(() => {
    const [start, extent, flip] = lines.view([3, n, 1, 1]).unbind() as [Tensor, Tensor, Tensor];
    const pixel = arange(size, { dtype, device }).view([size, 1]);
    const mirrored = pixel.mul(-2).add_(size - 1);
    // In whole numbers, as long as can be: output pixel i has its centre at (2i + 1) extent, in 2
    // size parts of a pixel.
    const centre = mirrored.mul(flip).add_(pixel).mul_(2).add_(1).mul_(extent);
    const width = extent.clamp({ min: size }).mul_(2);
    const first = centre
      .sub(width.mul(reachOf(interpolation)))
      .add_(size)
      .div_(2 * size)
      .floor()
      .clamp_({ min: 0 });
    const places = first
      .add_(start)
      .clamp_({ max: length - each })
      .add(arange(each, { dtype, device }));
    const pixels = places.sub(start);
    const isInside = pixels.ge(0).mul(pixels.lt(extent));
    const distance = pixels.mul_(2).add_(1).mul_(size).sub_(centre).abs_().div_(width);
    const weights = weighted[interpolation](distance).mul_(isInside);
    weights.div_(weights.sum(2, { keepdim: true }));
    const sparse = zeros([n, size, length], { device });
    return sparse.scatter_(2, places.to('int64'), weights.to('float32'));
  });
}

/**
 * `blurTaps` as matrices.
 *
 * @param sigmas [n] @param reach pixels to either side that count for the widest
 * @returns float32 [n, length, length]
 */
export function blurMatrices(sigmas: Tensor, reach: number, length: number): Tensor {
  const { device, dtype } = sigmas;
  const n = sigmas.shape[0] as number;
  return scope(() => {
    const sigma = sigmas.view([n, 1, 1]);
    const step = arange(2 * reach + 1, { dtype, device }).sub_(reach);
    const isNear = step.abs().le(sigma.mul(cubicReach).ceil());
    const kernel = step.div(sigma).square().mul_(-0.5).exp_().mul_(isNear);
    kernel.div_(kernel.sum(2, { keepdim: true }));
    const last = length - 1;
    const places = arange(length, { dtype, device }).view([length, 1]).add(step);
    // Mirrored at 0, then at the last pixel.
    const mirrored = places.abs_().sub_(last).abs_().neg_().add_(last).to('int64');
    const shape = [n, length, 2 * reach + 1];
    // At most two weights meet in a place, unless the line is shorter than the kernel: in whichever
    // order, their sum is the same.
    return zeros([n, length, length], { device }).scatterAdd_(
      2,
      mirrored.expand(shape),
      kernel.to('float32').expand(shape),
    );
  });
}
