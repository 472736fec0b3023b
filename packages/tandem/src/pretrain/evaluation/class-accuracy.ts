import { scope } from 'tandem-torch';
import { features, type KnnSplit } from '../../evaluate/index.js';
import type { ImageSet } from '../../images/index.js';
import type { Branch } from '../../networks/index.js';
import type { EvaluationContext } from './context.js';
import type { InParts } from './in-parts.js';
import { ownOf, partsOf, roundsOf, sumOf } from './shared.js';

/** In which share of the queries a classifier on an encoder names their class. */
export function* classAccuracy(
  network: Branch,
  { queries }: Pick<KnnSplit, 'queries'>,
  context: EvaluationContext,
): InParts<number> {
  let [right, done] = [0, 0];
  for (const round of roundsOf(partsOf(queries), context)) {
    const own = ownOf(round, context);
    if (own) right += rightOf(network, own.images, context);
    done += round.reduce((sum, { count }) => sum + count, 0);
    yield { done, total: queries.count };
  }
  return sumOf(right, context.group) / queries.count;
}

function rightOf(network: Branch, part: ImageSet, context: EvaluationContext): number {
  return scope(() => {
    const named = Int32Array.from(features(network, part, context).argmax({ dim: 1 }).data(), Number);
    return named.filter((label, i) => label === part.labels?.[i]).length;
  });
}
