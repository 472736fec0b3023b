import type { Machine } from './machine.js';
import type { PeerStarter } from './peer.js';

/** One suite: what it measures, and how. A new one joins by a line in the table of main.ts. */
export interface Suite {
  readonly what: string;
  run(context: Context): Promise<Outcome>;
}

/** What the command line says of the size of the work. */
export interface Settings {
  readonly batch: number;
  readonly width: number;
  /** Rounds of interleaved blocks. */
  readonly rounds: number;
  /** Defaults to all. */
  readonly methods?: readonly string[] | undefined;
  /** The folder that holds cifar-10-batches-bin; defaults to images of noise. */
  readonly dataRoot?: string | undefined;
  /** The folder of another checkout that is set up. */
  readonly other?: string | undefined;
  /** A file of real vectors. */
  readonly vectors?: string | undefined;
}

export interface Context {
  /** Of the suites that train. */
  readonly settings: Settings;
  /** Little and quickly, to see that everything runs; no time is judged. */
  readonly short: boolean;
  readonly machine: Machine;
  /** Starts bench/peers/NAME.py; null, after saying why, where there is no PyTorch. */
  readonly startPeer: PeerStarter;
  /** Tells who waits what is being done. */
  say(line: string): void;
}

/** What a suite found out. */
export interface Outcome {
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
  /** All of it as data for the results file. */
  readonly results: Readonly<Record<string, unknown>>;
}

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A number that the project wants to reach: a ratio at least, a cost at most. */
export interface Goal {
  readonly name: string;
  readonly measured: number;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export function isMet({ measured, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY }: Goal) {
  return measured >= atLeast && measured <= atMost;
}
