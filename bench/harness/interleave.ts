import { type Summary, summarise } from './statistics.js';

/** One measured block: seconds for one unit of work. */
export type Block = () => number | Promise<number>;

/** Seconds of both sides, and how many times faster ours is, pair by pair. */
export interface Comparison {
  readonly ours: Summary;
  readonly theirs?: Summary;
  readonly ratio?: Summary;
}

export interface TurnLimits {
  readonly least: number;
  readonly most: number;
  readonly seconds: number;
}

/** Blocks of ours and of the peer by turns. */
export async function interleave(ours: Block, theirs: Block | null, limits: TurnLimits): Promise<Comparison> {
  const [mine, peers] = await takeTurns(theirs ? [ours, theirs] : [ours], limits);
  return compare(mine as number[], peers ?? []);
}

/**
 * Blocks by turns, so that the machine's noise meets all alike. The order is turned round after
 * each round. Ends after `most` rounds, or when `seconds` are over and there are `least`.
 * @returns the samples of each block
 */
export async function takeTurns(
  blocks: readonly Block[],
  { least, most, seconds }: TurnLimits,
): Promise<readonly (readonly number[])[]> {
  const samples: number[][] = blocks.map(() => []);
  const turns = blocks.map((block, i) => [block, samples[i] as number[]] as const);
  const end = performance.now() + seconds * 1000;
  for (let round = 0; round < least || (round < most && performance.now() < end); round++) {
    for (const [block, kept] of turns) kept.push(await block());
    turns.reverse();
  }
  return samples;
}

/**
 * Both sides' samples, of which those at the same place belong together; the peer may have none.
 */
export function compare(ours: readonly number[], theirs: readonly number[]): Comparison {
  if (theirs.length === 0) return { ours: summarise(ours) };
  const ratios = ours.map((time, i) => (theirs[i] as number) / time);
  return { ours: summarise(ours), theirs: summarise(theirs), ratio: summarise(ratios) };
}
