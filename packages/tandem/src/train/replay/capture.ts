import { CudaGraph, canCapture, type Device, leaveDefaultStream, scope } from 'tandem-torch';
import { UserError } from '../../errors.js';

/** Captured work: each `replay` does all of it, on the memory that it was captured on. */
export type CapturedGraph = Pick<CudaGraph, 'replay' | 'dispose'>;

/**
 * Captures work without doing it. `sharing` is a graph that is never replayed at the same time:
 * the memory of its temporaries is used again.
 */
export type Capture = (work: () => void, sharing?: CapturedGraph) => CapturedGraph;

/**
 * Capture in CUDA graphs, once this thread's work has left the stream that cannot be captured.
 * undefined where there are none.
 */
export function cudaGraphs(device: Device): Capture | undefined {
  if (!canCapture(device)) return undefined;
  leaveDefaultStream(device);
  return (work, sharing) => CudaGraph.capture(() => scope(work), sharing as CudaGraph | undefined);
}

/** As `capture`. @throws UserError with the way out where the work cannot be captured */
export function captured(capture: Capture, work: () => void, sharing?: CapturedGraph): CapturedGraph {
  try {
    return capture(work, sharing);
  } catch (error) {
    throw new UserError(`a step could not be captured: ${(error as Error).message}; set graph=off`);
  }
}
