import { binding } from './binding.js';
import { fromBuffer, upload } from './create.js';
import type { Device, TypedArray } from './dtype.js';
import { scope } from './scope.js';
import { slotOf, Tensor } from './tensor.js';

/**
 * Starts copying an array to a device and returns at once. A GPU copies it in a stream of its own
 * while it computes, and only what uses the copy waits for it. The array may be changed as soon as
 * this returns. On other devices it is `upload`. Not for the inside of `CudaGraph.capture`.
 */
export function uploadAsync(array: TypedArray, shape: readonly number[], device: Device): AsyncCopy {
  const hasOwnStream = device.startsWith('cuda');
  const start = () => {
    if (!hasOwnStream) return upload(array, shape, device);
    // Always pinned: from elsewhere the host would wait for the copy, or CUDA would read the array
    // later.
    const pinned = fromBuffer(array, shape).pinMemory();
    return new Tensor(binding.copyAsync(slotOf(pinned, 'uploadAsync'), device), 'uploadAsync');
  };
  return new AsyncCopy(scope(start), hasOwnStream);
}

/** A copy on its way to a device; see `uploadAsync`. Belongs to no scope. */
export class AsyncCopy {
  readonly #tensor: Tensor;
  readonly #hasOwnStream: boolean;

  /** @internal */
  constructor(tensor: Tensor, hasOwnStream: boolean) {
    this.#tensor = tensor.keep();
    this.#hasOwnStream = hasOwnStream;
  }

  /**
   * The tensor, for the caller to free. Work after this call, in the stream that this thread works
   * in now, waits until the copy is complete; the host does not. Call it before the next copy is
   * started, else that one is waited for as well.
   */
  take(): Tensor {
    if (this.#hasOwnStream) binding.waitForCopy(slotOf(this.#tensor, 'take'));
    return this.#tensor;
  }

  /** Frees a copy that is not wanted any more, complete or not. */
  dispose(): void {
    this.#tensor.dispose();
  }
}
