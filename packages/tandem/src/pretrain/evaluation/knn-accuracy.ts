import { cat, scope, type Tensor } from 'tandem-torch';
import { accuracy, features, type KnnSplit, knnVotes } from '../../evaluate/index.js';
import { type ImageSet, slice } from '../../images/index.js';
import type { Encoder } from '../../networks/index.js';
import type { EvaluationContext } from './context.js';
import { type InParts, partSize } from './in-parts.js';

/** How good an encoder's neighbours are, in shares of queries. */
export interface KnnAccuracy {
  /** The nearest neighbour has their class. */
  readonly nearest: number;
  /**
   * 200 neighbours, weighted at temperature 0.1, vote for their class; absent with a smaller
   * reference set.
   */
  readonly weighted?: number;
}

/** The neighbours that vote for `weighted`. */
const voters = 200;

/** What nearest neighbours tell of the queries' classes, in one pass over the images. */
export function* knnAccuracy(
  encoder: Encoder,
  { reference, queries }: KnnSplit,
  context: EvaluationContext,
): InParts<KnnAccuracy> {
  const total = reference.count + queries.count;
  const owned: Tensor[] = [];
  try {
    const known = yield* featuresOf(reference, 0);
    const asked = yield* featuresOf(queries, reference.count);
    const all = cat(known).keep();
    owned.push(all);
    return yield* vote(all, reference.labels, asked, queries.labels, total);
  } finally {
    for (const x of owned) x.dispose();
  }

  function* featuresOf(set: ImageSet, before: number): InParts<Tensor[]> {
    const parts: Tensor[] = [];
    for (let from = 0; from < set.count; from += partSize) {
      const part = slice(set, from, Math.min(from + partSize, set.count));
      const made = features(encoder, part, context);
      owned.push(made);
      parts.push(made);
      yield { done: before + from + part.count, total };
    }
    return parts;
  }
}

/** Lets the neighbours of the queries vote, whose features come in parts. */
function* vote(
  known: Tensor,
  classes: Int32Array,
  asked: readonly Tensor[],
  wanted: Int32Array,
  total: number,
): InParts<KnnAccuracy> {
  const votes = [{ k: 1 }, ...(classes.length >= voters ? [{ k: voters, temperature: 0.1 }] : [])];
  const right = votes.map(() => 0);
  let from = 0;
  for (const part of asked) {
    const labels = wanted.subarray(from, from + (part.shape[0] as number));
    for (const [v, named] of scope(() => knnVotes(known, classes, part, votes)).entries()) {
      right[v] = (right[v] as number) + Math.round(accuracy(named, labels) * labels.length);
    }
    from += labels.length;
    yield { done: total, total };
  }
  const [nearest, weighted] = right.map((count) => count / wanted.length);
  return { nearest: nearest as number, ...(weighted !== undefined && { weighted }) };
}
