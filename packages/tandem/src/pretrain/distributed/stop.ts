import type { SharedBatch } from '../../train/distributed/shared-batch.js';

/** Whether a run is to stop. Several processes stop after the same step, whichever was asked. */
export interface Stop {
  /** Aborted once all of them know. */
  readonly signal: AbortSignal | undefined;
  /** Asks the others; all processes come here equally often. */
  ask(): void;
}

/** @param signal of this process */
export function stopOf(signal: AbortSignal | undefined, shared: SharedBatch | undefined): Stop {
  if (!shared) return { signal, ask() {} };
  const agreed = new AbortController();
  return {
    signal: agreed.signal,
    ask() {
      if (!agreed.signal.aborted && shared.agree(signal?.aborted === true)) agreed.abort(signal?.reason);
    },
  };
}
