import { noGrad, scope, type Tensor } from 'tandem-torch';
import { type Method, networksOf } from '../methods/index.js';

/** Networks, or what comes out of them, hold NaN or infinity. */
export class NotFiniteError extends Error {}

/** @throws NotFiniteError: NaN or infinity is never saved over good weights */
export function checkFinite(method: Method): void {
  const parameters: readonly Tensor[] = networksOf(method).flatMap((network) => network.parameters());
  const good = scope(() => noGrad(() => parameters.every((x) => x.isfinite().all().item() === 1)));
  if (!good) throw new NotFiniteError('the parameters are not finite');
}
