import { autocast, type Tensor } from '@tandem/torch';

/** At least float32: half precision is widened, float64 stays. */
export function wide(z: Tensor): Tensor {
  return z.dtype === 'float16' || z.dtype === 'bfloat16' ? z.to('float32') : z;
}

/**
 * Runs `fn` with autocast off on z's device: softmax, normalisation and correlations lose too much
 * in half precision.
 */
export function inFloat32<T>(z: Tensor, fn: () => T): T {
  return autocast({ device: z.device.replace(/:.*/, ''), enabled: false }, fn);
}

/** Rows scaled to length 1: v / max(|v|, 1e-12), in float32. */
export function unit(z: Tensor): Tensor {
  const v = wide(z);
  return v.div(v.norm(2, [1], { keepdim: true }).clampMin(1e-12));
}
