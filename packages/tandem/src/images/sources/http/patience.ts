import { setTimeout } from 'node:timers/promises';

/** How patient requests are; times in milliseconds. */
export interface Patience {
  /** Requests for one thing that may fail in a row. */
  readonly tries: number;
  /** Before the second try; it doubles with each. */
  readonly pause: number;
  /** The longest pause, also where a server asks for a longer one. */
  readonly longest: number;
  /** A connection that brings nothing for so long counts as cut. */
  readonly stall: number;
}

export const patience: Patience = { tries: 8, pause: 200, longest: 30_000, stall: 30_000 };

/** Waits before the next try: longer each time, and a little by chance, so that requests spread. */
export async function pauseBefore(
  attempt: number,
  { pause, longest }: Patience,
  asked: number | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const grown = pause * 2 ** (attempt - 1) * (0.5 + Math.random());
  await setTimeout(Math.min(asked ?? grown, longest), undefined, { signal });
}
