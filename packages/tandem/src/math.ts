import type { Tensor } from 'tandem-torch';

/** The largest number of float32, in which networks compute. */
export const largestFloat32 = (2 - 2 ** -23) * 2 ** 127;

/** Whether libtorch could not take a number, such as a product of settings, as a float32. */
export function isOverflow(error: unknown): boolean {
  return /cannot be converted to type .* without overflow/.test((error as Error | undefined)?.message ?? '');
}

/** At least float32: half precision is widened, float64 stays. */
export function atLeastFloat32(z: Tensor): Tensor {
  return z.dtype === 'float16' || z.dtype === 'bfloat16' ? z.to('float32') : z;
}

/** Rows scaled to length 1: v / max(|v|, 1e-12), in float32 or wider. @param z [n, d] */
export function l2Normalize(z: Tensor): Tensor {
  const v = atLeastFloat32(z);
  return v.div(v.norm(2, [1], { keepdim: true }).clampMin(1e-12));
}

/** The highest of class labels, which count from 0; 0 where there are none. */
export function highestLabel(labels: Int32Array): number {
  return labels.reduce((highest, label) => Math.max(highest, label), 0);
}

/** A share in points of per cent: 0.5 is `50.00`. */
export function inPoints(share: number, digits = 2): string {
  return (share * 100).toFixed(digits);
}

/** A share as text: 0.5 is `50.00 %`. */
export function percent(share: number, digits = 2): string {
  return `${inPoints(share, digits)} %`;
}
