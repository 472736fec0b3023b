import { door } from './door.js';
import type { Device } from './dtype.js';

/**
 * Bytes of a GPU's memory. undefined where it is no CUDA device, or the engine was built without
 * CUDA's headers.
 */
export function deviceMemory(device: Device): { readonly free: number; readonly total: number } | undefined {
  if (!canRecord(device)) return undefined;
  const [free, total] = door.cudaMemory(device);
  return { free, total };
}

/** Whether work on this device can be recorded. */
export function canRecord(device: Device): boolean {
  return device.startsWith('cuda') && door.hasCudaGraphs();
}

/**
 * Leaves the default stream, which cannot be recorded, for another: all later work of this thread
 * goes there, in order as before.
 */
export function leaveDefaultStream(device: Device): void {
  door.leaveDefaultStream(device);
}

/**
 * Work on a GPU that was recorded once and is done again at each `replay`, by one call (a CUDA
 * graph). It reads and writes the memory of the recording: change inputs in place, and keep
 * outputs. What depends on the host (`item`, numbers in calls, branches) stays as it was recorded.
 */
export class Graph {
  #graph: number;

  private constructor(graph: number) {
    this.#graph = graph;
  }

  /**
   * Records what `fn` does without doing it. Do the same work a few times before, so that libraries
   * are ready.
   * @param beside a graph of the same device whose temporaries' memory is used again: the two are
   * never replayed at once
   * @throws what `fn` throws, or an error when it does what cannot be recorded, such as reading a
   * number
   */
  static record(fn: () => void, beside?: Graph): Graph {
    door.beginGraph(beside ? beside.#graph : -1);
    let isWhole = false;
    let graph = -1;
    try {
      fn();
      isWhole = true;
    } finally {
      graph = door.endGraph(isWhole);
    }
    return new Graph(graph);
  }

  /** Does it once more; returns at once. */
  replay(): void {
    door.replayGraph(this.#graph);
  }

  /** Frees it and the memory of its temporaries. */
  dispose(): void {
    door.freeGraph(this.#graph);
  }
}
