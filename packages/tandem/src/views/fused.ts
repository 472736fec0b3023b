import { type Tensor, upload } from 'tandem-torch';
import { blurRadius } from './blur.js';
import { amountsOf } from './jitter.js';
import type { ViewParameters } from './parameters.js';
import { oneByOne, tapsOf, unitOf, wholeOf } from './resample.js';
import { blurTaps, type Taps } from './taps.js';
import type { View } from './view.js';

/**
 * Whether one operator makes the views: on the CPU, from bytes of three channels, with nothing done
 * to them but what most views have.
 */
export function areFused(images: Tensor, view: View, parameters: ViewParameters, depth: 16 | undefined): boolean {
  const { size, steps = [] } = view;
  const [n, c, h, w] = images.shape as [number, number, number, number];
  if (images.device !== 'cpu' || depth !== undefined || c !== 3 || n === 0 || steps.length > 0) return false;
  const { flipVertical, quarters, angle } = parameters;
  if ([flipVertical, quarters, angle].some((turns) => turns.some((turn) => turn !== 0))) return false;
  if (h !== size || w !== size) return true;
  // Nothing is quicker than to take images as they are; among large ones it also rounds otherwise.
  const whole = wholeOf(parameters, size);
  return oneByOne(size, 'cpu') ? whole === 0 : whole < n;
}

/**
 * The views of `render`, to the last bit. Each image goes through all that is done to it in the
 * cache of one core.
 */
export function fused(images: Tensor, view: View, parameters: ViewParameters): Tensor {
  const { size, interpolation, mean, std } = view;
  const { count, order, gray, sigma, solarize } = parameters;
  const [, , h, w] = images.shape as [number, number, number, number];
  const unit = unitOf(size, 'cpu', 255);
  const [rows, columns] = tapsOf(parameters, size, interpolation, unit)(h, w);
  const blurs = Array.from(sigma, (one) =>
    one === 0 ? undefined : blurTaps(Float32Array.of(one), blurRadius(size), size),
  );
  const blurred = blurs.filter((taps) => taps !== undefined);
  return images.renderViews(
    ...uploaded(rows),
    ...uploaded(columns),
    unit === 1 ? 255 : 1,
    upload(order, [count, 4], 'cpu'),
    upload(amountsOf(parameters), [4, count], 'cpu'),
    line(gray),
    line(Int32Array.from(blurs, (taps) => taps?.each ?? 0)),
    line(
      joined(
        blurred.map(({ first }) => first),
        (length) => new Int32Array(length),
      ),
    ),
    line(
      joined(
        blurred.map(({ weights }) => weights),
        (length) => new Float32Array(length),
      ),
    ),
    line(solarize),
    mean,
    std.map((value) => 1 / value),
  );
}

function uploaded({ count, size, each, first, weights }: Taps): [first: Tensor, weights: Tensor] {
  return [upload(first, [count, size], 'cpu'), upload(weights, [count, size, each], 'cpu')];
}

function line(values: Uint8Array | Int32Array | Float32Array): Tensor {
  return upload(values, [values.length], 'cpu');
}

/** Arrays one after the other, in a new one. */
function joined<Numbers extends Int32Array | Float32Array>(
  arrays: readonly Numbers[],
  create: (length: number) => Numbers,
): Numbers {
  const all = create(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}
