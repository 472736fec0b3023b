import { type distributed, full, noGrad, scope, type Tensor, zeros } from 'tandem-torch';
import { type ImageSet, slice } from '../../images/index.js';
import type { EvaluationContext } from './context.js';
import { partSize } from './in-parts.js';

/** Images `from` and on of a set. */
export interface Part {
  readonly images: ImageSet;
  /** The first of them in the set. */
  readonly from: number;
  /** How many. */
  readonly count: number;
}

/** The parts of a set, in order. */
export function* partsOf(set: ImageSet): Generator<Part, void, void> {
  for (let from = 0; from < set.count; from += partSize) {
    const images = slice(set, from, Math.min(from + partSize, set.count));
    yield { images, from, count: images.count };
  }
}

/**
 * Parts of an evaluation in rounds: in each of them every process takes one. A part is computed as
 * one process would compute it, so that results have the same bits.
 */
export function* roundsOf<Of>(
  parts: Iterable<Of>,
  { group }: Pick<EvaluationContext, 'group'>,
): Generator<readonly Of[], void, void> {
  let round: Of[] = [];
  for (const part of parts) {
    round.push(part);
    if (round.length < (group?.size ?? 1)) continue;
    yield round;
    round = [];
  }
  if (round.length > 0) yield round;
}

/** What this process does of a round; undefined where there are fewer parts than processes. */
export function ownOf<Of>(round: readonly Of[], { group }: Pick<EvaluationContext, 'group'>): Of | undefined {
  return round[group?.rank ?? 0];
}

/**
 * The rows of each part of a round, on all processes: [count, width]. They are the caller's to
 * free.
 * @param make this process's own
 */
export function rowsOf<Of extends { readonly count: number }>(
  round: readonly Of[],
  width: number,
  make: (part: Of) => Tensor,
  { group, device }: Pick<EvaluationContext, 'group' | 'device'>,
): Tensor[] {
  const own = ownOf(round, { group });
  if (!group) return own ? [make(own)] : [];
  return scope(() =>
    noGrad(() => {
      const counts = Array.from({ length: group.size }, (_, rank) => round[rank]?.count ?? 0);
      const all = group.gatherRows(own ? make(own) : zeros([0, width], { device }), counts);
      return all.splitWithSizes(round.map(({ count }) => count));
    }),
  );
}

/** The sum of what all processes counted. */
export function sumOf(count: number, group: distributed.ProcessGroup | undefined): number {
  if (!group) return count;
  return scope(() => group.allReduce(full([1], count, { dtype: 'float64' })).item());
}
