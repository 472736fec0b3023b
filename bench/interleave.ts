import { type Summary, summarise } from './statistics.js';

/** One measured block: seconds for one unit of work. */
export type Block = () => number | Promise<number>;

/** Seconds of both sides, and how many times faster ours is, pair by pair. */
export interface Comparison {
  readonly ours: Summary;
  readonly theirs?: Summary;
  readonly ratio?: Summary;
}

/**
 * Blocks of ours and of the peer by turns, so that the machine's noise meets both alike. Who begins changes with each
 * pair. Ends after `most` pairs, or when `seconds` are over and there are `least`.
 */
export async function interleave(
  ours: Block,
  theirs: Block | null,
  { least, most, seconds }: { least: number; most: number; seconds: number },
): Promise<Comparison> {
  const mine: number[] = [];
  const peers: number[] = [];
  const turns: [Block, number[]][] = [[ours, mine]];
  if (theirs) turns.push([theirs, peers]);
  const end = performance.now() + seconds * 1000;
  while (mine.length < least || (mine.length < most && performance.now() < end)) {
    for (const [block, samples] of turns) samples.push(await block());
    turns.reverse();
  }
  return compare(mine, peers);
}

/** Both sides' samples, of which those at the same place belong together; the peer may have none. */
export function compare(ours: readonly number[], theirs: readonly number[]): Comparison {
  if (theirs.length === 0) return { ours: summarise(ours) };
  const ratios = ours.map((time, i) => (theirs[i] as number) / time);
  return { ours: summarise(ours), theirs: summarise(theirs), ratio: summarise(ratios) };
}
