import { autocast, noGrad, scope, type Tensor } from '@tandem/torch';
import { blurRadius, gaussianBlur } from './blur.js';
import { luma, solarized } from './color.js';
import { jitter } from './jitter.js';
import type { ViewParameters } from './parameters.js';
import { cropAndResize } from './resample.js';
import { changeRows, marked, pick, upload } from './rows.js';
import type { View } from './view.js';

/**
 * Makes the views that `parameters` describe: crop, flip, colour jitter, gray, blur, solarize, normalise. In float32
 * whatever the autocast, without gradients. On the CPU a view is the same to the last bit in every batch.
 *
 * @param images uint8 [n, c, h, w], on the device where the work is to be done
 * @param view its size, mean and std; the rest of it has gone into `parameters`
 * @returns float32 [n, c, size, size]
 * @throws TypeError or RangeError where the images and the parameters do not belong together
 */
export function render(images: Tensor, view: View, parameters: ViewParameters): Tensor {
  check(images, view, parameters);
  const { size, mean, std } = view;
  const { gray, sigma, solarize } = parameters;
  const work = () => {
    const x = cropAndResize(images, size, parameters);
    jitter(x, parameters);
    changeRows(x, marked(gray), (some) => luma(some).expand(some.shape));
    const blurred = marked(sigma);
    const sigmas = pick(sigma, blurred);
    changeRows(x, blurred, (some) => gaussianBlur(some, sigmas, blurRadius(size)));
    changeRows(x, marked(solarize), solarized);
    const line = [mean.length, 1, 1];
    const { device } = x;
    return x.sub_(upload(Float32Array.from(mean), line, device)).div_(upload(Float32Array.from(std), line, device));
  };
  return noGrad(() => autocast({ device: images.device, enabled: false }, () => scope(work)));
}

function check(images: Tensor, view: View, { count, top, left, height, width }: ViewParameters): void {
  const { shape, dtype } = images;
  if (dtype !== 'uint8' || shape.length !== 4) {
    throw new TypeError(`render: images must be uint8 [n, c, h, w], not ${dtype} [${shape.join(', ')}]`);
  }
  const [n, c, h, w] = shape as [number, number, number, number];
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
