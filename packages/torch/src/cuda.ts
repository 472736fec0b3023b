import { binding } from './binding.js';
import type { Device } from './dtype.js';

/**
 * Bytes of a GPU's memory. undefined where it is no CUDA device, or the engine was built without
 * CUDA's headers.
 */
export function deviceMemory(device: Device): { readonly free: number; readonly total: number } | undefined {
  if (!canCapture(device)) return undefined;
  const [free, total] = binding.cudaMemory(device);
  return { free, total };
}

/** Whether work on this device can be captured in a `CudaGraph`. */
export function canCapture(device: Device): boolean {
  return device.startsWith('cuda') && binding.hasCudaGraphs();
}

/**
 * Leaves the default stream, which cannot be captured, for another: all later work of this thread
 * goes there, in order as before.
 */
export function leaveDefaultStream(device: Device): void {
  binding.leaveDefaultStream(device);
}

/**
 * Work on a GPU that is captured once and repeated by each `replay`, in one call. A replay reads
 * and writes the memory of the captured work: change inputs in place, and keep outputs. What
 * depends on the host (`item`, numbers in calls, branches) stays as it was when captured.
 */
export class CudaGraph {
  readonly #graph: number;

  private constructor(graph: number) {
    this.#graph = graph;
  }

  /**
   * Captures what `fn` does, without doing it. Do the same work a few times before, so that
   * libraries are ready.
   * @param sharing a graph of the same device whose temporaries' memory is used again: the two must
   * never be replayed at the same time
   * @throws what `fn` throws, or an error when it does what cannot be captured, such as reading a
   * number
   */
  static capture(fn: () => void, sharing?: CudaGraph): CudaGraph {
    binding.beginCapture(sharing ? sharing.#graph : -1);
    let isWhole = false;
    let graph = -1;
    try {
      fn();
      isWhole = true;
    } finally {
      graph = binding.endCapture(isWhole);
    }
    return new CudaGraph(graph);
  }

  /** Repeats the captured work; returns at once. */
  replay(): void {
    binding.replayGraph(this.#graph);
  }

  /** Frees the graph and the memory of its temporaries. */
  dispose(): void {
    binding.freeGraph(this.#graph);
  }
}
