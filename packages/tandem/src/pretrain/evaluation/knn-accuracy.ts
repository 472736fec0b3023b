import { cat, scope, type Tensor } from 'tandem-torch';
import { accuracy, features, type KnnSplit, knnVotes } from '../../evaluate/index.js';
import type { ImageSet } from '../../images/index.js';
import type { Encoder } from '../../networks/index.js';
import type { EvaluationContext } from './context.js';
import type { InParts } from './in-parts.js';
import { ownOf, partsOf, roundsOf, rowsOf, sumOf } from './shared.js';

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
    return yield* vote(all, reference.labels, asked, queries.labels, total, context);
  } finally {
    for (const x of owned) x.dispose();
  }

  function* featuresOf(set: ImageSet, before: number): InParts<Tensor[]> {
    const parts: Tensor[] = [];
    let done = before;
    for (const round of roundsOf(partsOf(set), context)) {
      const made = rowsOf(round, encoder.featureWidth, ({ images }) => features(encoder, images, context), context);
      owned.push(...made);
      parts.push(...made);
      done += round.reduce((sum, { count }) => sum + count, 0);
      yield { done, total };
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
  context: EvaluationContext,
): InParts<KnnAccuracy> {
  const votes = [{ k: 1 }, ...(classes.length >= voters ? [{ k: voters, temperature: 0.1 }] : [])];
  const right = votes.map(() => 0);
  const offsets = offsetsOf(asked);
  for (const round of roundsOf(asked.keys(), context)) {
    const own = ownOf(round, context);
    if (own !== undefined) {
      const labels = wanted.subarray(offsets[own], offsets[own + 1]);
      const named = scope(() => knnVotes(known, classes, asked[own] as Tensor, votes));
      for (const [v, one] of named.entries()) {
        right[v] = (right[v] as number) + Math.round(accuracy(one, labels) * labels.length);
      }
    }
    yield { done: total, total };
  }
  const [nearest, weighted] = right.map((count) => sumOf(count, context.group) / wanted.length);
  return { nearest: nearest as number, ...(weighted !== undefined && { weighted }) };
}

/** Where each part begins, and where the last one ends. */
function offsetsOf(parts: readonly Tensor[]): number[] {
  const offsets = [0];
  for (const { shape } of parts) offsets.push((offsets.at(-1) as number) + (shape[0] as number));
  return offsets;
}
