import { noGrad, scope, type Tensor } from 'tandem-torch';

/**
 * Nothing comes of weights that are NaN or infinite: every loss and feature would be NaN, whatever
 * the settings.
 * @throws Error naming the first such tensor
 */
export function refuseNotFinite(tensors: Readonly<Record<string, Tensor>>): void {
  const isWhole = (x: Tensor) => scope(() => noGrad(() => x.isfinite().all().item() === 1));
  const [name] = Object.entries(tensors).find(([, x]) => !isWhole(x)) ?? [];
  if (name !== undefined) throw new Error(`'${name}' holds NaN or infinity; give weights that are whole`);
}
