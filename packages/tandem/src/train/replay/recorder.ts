import { CudaGraph, canCapture, type Device, leaveDefaultStream, scope } from '@tandem/torch';
import { UserError } from '../../errors.js';

/** Work that was recorded. */
export type Recording = Pick<CudaGraph, 'replay' | 'dispose'>;

/**
 * Records work without doing it; each `replay` does all of it on the memory of the recording. What
 * work left in `beside`, another recording, may be used, and its temporaries' memory.
 */
export type Recorder = (work: () => void, beside?: Recording) => Recording;

/**
 * Records CUDA graphs, once this thread's work has left the stream that cannot be recorded.
 * undefined where there are none.
 */
export function cudaGraphs(device: Device): Recorder | undefined {
  if (!canCapture(device)) return undefined;
  leaveDefaultStream(device);
  return (work, beside) => CudaGraph.capture(() => scope(work), beside as CudaGraph | undefined);
}

/** @throws UserError with the way out */
export function recorded(record: Recorder, work: () => void, beside?: Recording): Recording {
  try {
    return record(work, beside);
  } catch (error) {
    throw new UserError(`a step could not be recorded: ${(error as Error).message}; set graph=off`);
  }
}
