import { setImmediate } from 'node:timers/promises';
import type { Stop } from '../distributed/stop.js';
import type { PretrainEvent } from '../events.js';

/**
 * An evaluation in parts of a second or so, each of which yields how many images are done: whoever
 * runs it can show that, and stop in between.
 */
export type InParts<Result> = Generator<{ readonly done: number; readonly total: number }, Result, void>;

/** Images in a part. */
export const partSize = 500;

/**
 * Runs an evaluation after a step, and reports how far it is.
 * @returns undefined where it was stopped
 */
export async function* runInParts<Result>(
  evaluation: InParts<Result>,
  step: number,
  { signal, ask }: Stop,
): AsyncGenerator<PretrainEvent, Result | undefined> {
  try {
    for (;;) {
      ask();
      if (signal?.aborted) return undefined;
      const { done, value } = evaluation.next();
      if (done) return value;
      yield { kind: 'evaluation', step, ...value };
      await setImmediate();
    }
  } finally {
    evaluation.return(undefined as Result); // frees what it holds
  }
}
