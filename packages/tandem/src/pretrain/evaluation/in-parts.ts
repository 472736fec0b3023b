import { setImmediate } from 'node:timers/promises';
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
 * @returns undefined where the signal ended it
 */
export async function* runInParts<Result>(
  evaluation: InParts<Result>,
  step: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<PretrainEvent, Result | undefined> {
  try {
    while (!signal?.aborted) {
      const { done, value } = evaluation.next();
      if (done) return value;
      yield { kind: 'evaluation', step, ...value };
      await setImmediate();
    }
    return undefined;
  } finally {
    evaluation.return(undefined as Result); // frees what it holds
  }
}
