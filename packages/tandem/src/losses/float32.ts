import { autocast, type Tensor } from 'tandem-torch';

/**
 * Runs `fn` with autocast off on z's device: softmax, normalisation and correlations lose too much
 * in half precision.
 */
export function inFloat32<T>(z: Tensor, fn: () => T): T {
  return autocast({ device: z.device.replace(/:.*/, ''), enabled: false }, fn);
}
