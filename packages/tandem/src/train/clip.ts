import { _foreachMul_, _foreachNorm, noGrad, scope, stack, type Tensor } from 'tandem-torch';

/** How long gradients may be: all of them together, or each tensor's by itself. */
export interface GradientClip {
  /** The largest Euclidean norm, above 0; longer gradients are scaled down to it. */
  readonly most: number;
  /** Whether the norm is that of all gradients together, or of each tensor by itself. */
  readonly by: 'global' | 'tensor';
}

/**
 * Shortens gradients that are longer than `most` to that length, in place: times min(1, most /
 * (norm + 1e-6)), as PyTorch's `clip_grad_norm_` does it for all at once, and DINO for each tensor.
 * Norms stay on the device.
 */
export function clipGradients(parameters: readonly Tensor[], { most, by }: GradientClip): void {
  const gradients = parameters.flatMap(({ grad }) => grad ?? []);
  if (gradients.length === 0) return;
  scope(() =>
    noGrad(() => {
      const norms = stack(_foreachNorm(gradients));
      const measured = by === 'global' ? norms.norm().expand([gradients.length]) : norms;
      _foreachMul_(gradients, measured.add(1e-6).reciprocal().mul(most).clampMax(1).unbind());
    }),
  );
}
