import type { Tensor } from 'tandem-torch';

/**
 * The terms of a loss by name, each already weighted: the loss is their sum. A run reports each of
 * them.
 */
export type LossTerms = Readonly<Record<string, Tensor>>;

/** The loss: the sum of its terms. @param terms one or more, single numbers */
export function sumOfTerms(terms: LossTerms): Tensor {
  return Object.values(terms).reduce((sum, term) => sum.add(term));
}
