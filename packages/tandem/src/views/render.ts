import { autocast, empty, noGrad, scope, type Tensor } from 'tandem-torch';
import { blurRadius, gaussianBlur } from './blur.js';
import { luma, solarized } from './color.js';
import { areFused, fused } from './fused.js';
import { jitter } from './jitter.js';
import { partOf, type ViewParameters } from './parameters.js';
import { cropAndResize, oneByOne } from './resample.js';
import { atOnce, type Change, changeRows, marked, pick } from './rows.js';
import { StagingBuffer } from './staging-buffer.js';
import { applySteps } from './steps/apply.js';
import { type Stage, stages } from './steps/definition.js';
import { turn } from './turn.js';
import type { View } from './view.js';

/**
 * Makes the views that `parameters` describe: crop, flip, colour jitter, gray, blur, solarize,
 * normalise. In float32 whatever the autocast, without gradients. On the CPU a view is the same to
 * the last bit in every batch.
 *
 * @param images uint8 [n, c, h, w], on the device where the work is to be done; of 16 bits [n, c,
 * h, 2 w], see `byteShape`
 * @param view its size, interpolation, mean and std; the rest of it has gone into `parameters`
 * @returns float32 [n, c, size, size]
 * @throws TypeError or RangeError where the images and the parameters do not belong together
 */
export function render(images: Tensor, view: View, parameters: ViewParameters, depth?: 16): Tensor {
  check(images, view, parameters, depth);
  const { device } = images;
  const [n, c] = images.shape as [number, number];
  const out = () => {
    if (areFused(images, view, parameters, depth)) return fused(images, view, parameters);
    const views = empty([n, c, view.size, view.size], { device });
    const step = oneByOne(view.size, device) ? 1 : atOnce(n, 4 * c * view.size ** 2, device);
    for (let from = 0; from < n; from += step) {
      const count = Math.min(step, n - from);
      const part = partOf(parameters, from, count);
      renderPart(images.narrow(0, from, count), view, part, views.narrow(0, from, count), depth);
    }
    return views;
  };
  return noGrad(() => autocast({ device, enabled: false }, () => scope(out)));
}

function renderPart(bytes: Tensor, view: View, parameters: ViewParameters, out: Tensor, depth?: 16): void {
  const { size, interpolation, mean, std, steps = [] } = view;
  const { count, gray, sigma, solarize } = parameters;
  scope(() => {
    const images = depth === 16 ? widened(bytes) : bytes;
    const staging = new StagingBuffer(images.device);
    const cropped = cropAndResize(images, size, interpolation, parameters, staging);
    const blurred = marked(sigma);
    const changes: Partial<Record<Stage, Change>> = {
      turn: turn(parameters, staging),
      jitter: jitter(parameters, mean.length, staging),
      gray: changeRows(count, marked(gray), staging, (some) => luma(some).expand(some.shape)),
      blur: changeRows(count, blurred, staging, gaussianBlur(pick(sigma, blurred), blurRadius(size), staging)),
      solarize: changeRows(count, marked(solarize), staging, solarized),
    };
    const line = [mean.length, 1, 1];
    const middle = staging.put(mean, line);
    const slope = staging.put(
      std.map((value) => 1 / value),
      line,
    );
    staging.send();
    const x = cropped();
    for (const stage of stages) {
      changes[stage]?.(x);
      if (stage === 'normalise') x.sub_(middle()).mul_(slope());
      applySteps(steps, stage, x, parameters);
    }
    out.copy_(x);
  });
}

/** Bytes of 16-bit samples as float32, 0 to 65535. */
function widened(bytes: Tensor): Tensor {
  return scope(() => {
    const [n, c, h, w] = bytes.shape as [number, number, number, number];
    const [low, high] = bytes
      .contiguous()
      .view([n, c, h, w / 2, 2])
      .to('float32')
      .unbind({ dim: 4 }) as [Tensor, Tensor];
    return high.mul(256).add_(low);
  });
}

function check(
  images: Tensor,
  view: View,
  { count, top, left, height, width }: ViewParameters,
  depth: 16 | undefined,
): void {
  const { shape, dtype } = images;
  if (dtype !== 'uint8' || shape.length !== 4) {
    throw new TypeError(`render: images must be uint8 [n, c, h, w], not ${dtype} [${shape.join(', ')}]`);
  }
  const [n, c, h, across] = shape as [number, number, number, number];
  const w = depth === 16 ? across / 2 : across;
  if (n !== count) throw new RangeError(`render: there are ${n} images, but parameters for ${count}`);
  if (c !== view.mean.length || c !== view.std.length) {
    throw new RangeError(`render: the images have ${c} channels, the view's mean ${view.mean.length}`);
  }
  for (let i = 0; i < count; i++) {
    const [y, x, high, wide] = [top[i], left[i], height[i], width[i]] as [number, number, number, number];
    if (y < 0 || x < 0 || high < 1 || wide < 1 || y + high > h || x + wide > w) {
      throw new RangeError(`render: crop ${high} x ${wide} at ${y}, ${x} of image ${i} leaves the ${h} x ${w} pixels`);
    }
  }
}
