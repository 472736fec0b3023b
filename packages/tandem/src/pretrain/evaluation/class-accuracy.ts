import { scope } from 'tandem-torch';
import { features, type KnnSplit } from '../../evaluate/index.js';
import { slice } from '../../images/index.js';
import type { Branch } from '../../networks/index.js';
import type { EvaluationContext } from './context.js';
import { type InParts, partSize } from './in-parts.js';

/** In which share of the queries a classifier on an encoder names their class. */
export function* classAccuracy(
  network: Branch,
  { queries }: Pick<KnnSplit, 'queries'>,
  context: EvaluationContext,
): InParts<number> {
  let right = 0;
  for (let from = 0; from < queries.count; from += partSize) {
    const part = slice(queries, from, Math.min(from + partSize, queries.count));
    right += scope(() => {
      const named = Int32Array.from(features(network, part, context).argmax({ dim: 1 }).data(), Number);
      return named.filter((label, i) => label === part.labels?.[i]).length;
    });
    yield { done: from + part.count, total: queries.count };
  }
  return right / queries.count;
}
