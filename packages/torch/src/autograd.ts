import { binding } from './binding.js';
import type { Device, DType } from './dtype.js';
import { slotOf, Tensor } from './tensor.js';

function synchronous<T>(name: string, result: T): T {
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new TypeError(`${name}: the function returned a promise; the mode holds only while it runs`);
  }
  return result;
}

/**
 * Gradients of `outputs` with respect to `inputs`, without touching any `.grad`.
 * @param options.gradOutputs one for each output, of its shape; may be left out for single numbers
 * @returns one tensor for each input, of its shape; null for inputs that took no part, where
 * `allowUnused`
 * @throws Error when nothing was recorded, or an input took no part
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options: {
    gradOutputs?: readonly Tensor[];
    retainGraph?: boolean;
    createGraph?: boolean;
    allowUnused?: boolean;
  } = {},
): (Tensor | null)[] {
  const { gradOutputs, createGraph = false, retainGraph = createGraph, allowUnused = false } = options;
  const slots = (list: readonly Tensor[]) => list.map((x) => slotOf(x, 'grad'));
  return binding
    .gradients(
      slots(outputs instanceof Tensor ? [outputs] : outputs),
      slots(inputs),
      gradOutputs ? slots(gradOutputs) : null,
      retainGraph,
      createGraph,
      allowUnused,
    )
    .map((slot) => (slot < 0 ? null : new Tensor(slot, 'grad')));
}

function withGradMode<T>(name: string, on: boolean, fn: () => T): T {
  const before = binding.setGradMode(on);
  try {
    return synchronous(name, fn());
  } finally {
    binding.setGradMode(before);
  }
}

/**
 * Runs `fn` without recording for `backward`.
 * @throws TypeError when `fn` returns a promise
 */
export function noGrad<T>(fn: () => T): T {
  return withGradMode('noGrad', false, fn);
}

/**
 * Runs `fn` with recording on again, inside a `noGrad`.
 * @throws TypeError when `fn` returns a promise
 */
export function enableGrad<T>(fn: () => T): T {
  return withGradMode('enableGrad', true, fn);
}

/** Whether operators are being recorded. */
export function gradEnabled(): boolean {
  return binding.gradMode();
}

/**
 * Runs `fn` without recording or version counting: a little faster than `noGrad`; its tensors can
 * never be recorded.
 * @throws TypeError when `fn` returns a promise
 */
export function inferenceMode<T>(fn: () => T): T {
  binding.beginInference();
  try {
    return synchronous('inferenceMode', fn());
  } finally {
    binding.endInference();
  }
}

/**
 * Runs `fn` with matrix products and convolutions in a lower precision, the rest as libtorch's
 * autocast lists say.
 * @param options.dtype bfloat16 by default; float16 only on GPUs.
 * @param options.enabled false switches it off inside.
 * @throws RangeError for other dtypes, TypeError when `fn` returns a promise
 */
export function autocast<T>(options: { device?: Device; dtype?: DType; enabled?: boolean }, fn: () => T): T {
  const { device = 'cpu', dtype = 'bfloat16', enabled = true } = options;
  if (dtype !== 'bfloat16' && dtype !== 'float16') {
    throw new RangeError(`autocast: the dtype must be bfloat16 or float16, got '${dtype}'`);
  }
  const [beforeDtype, beforeOn] = binding.beginAutocast(device, dtype, enabled);
  try {
    return synchronous('autocast', fn());
  } finally {
    binding.endAutocast(device, beforeDtype, beforeOn);
  }
}

/**
 * Whether autocast is on for a device.
 * @throws Error for a kind of device without autocast
 */
export function autocastEnabled(device: Device): boolean {
  return binding.autocastEnabled(device);
}
