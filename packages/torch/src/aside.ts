import { fromBuffer, upload } from './create.js';
import { door } from './door.js';
import type { Device, TypedArray } from './dtype.js';
import { scope } from './scope.js';
import { slotOf, Tensor } from './tensor.js';

/**
 * Sends an array to a device beside the work there: a GPU copies it in a stream of its own while it
 * computes, and only what uses it waits. The array may be changed as soon as this returns. On other
 * devices it is `upload`. Not for the inside of `Graph.record`.
 */
export function uploadAside(array: TypedArray, shape: readonly number[], device: Device): Arriving {
  const isAside = device.startsWith('cuda');
  const send = () => {
    if (!isAside) return upload(array, shape, device);
    // Always pinned: from elsewhere the host would wait for the copy, or CUDA would read the array
    // later.
    const pinned = fromBuffer(array, shape).pinMemory();
    return new Tensor(door.copyAside(slotOf(pinned, 'uploadAside'), device), 'uploadAside');
  };
  return new Arriving(scope(send), isAside);
}

/** What is on its way to a device; see `uploadAside`. Belongs to no scope. */
export class Arriving {
  readonly #tensor: Tensor;
  readonly #isAside: boolean;

  /** @internal */
  constructor(tensor: Tensor, isAside: boolean) {
    this.#tensor = tensor.keep();
    this.#isAside = isAside;
  }

  /**
   * The tensor, for the caller to free. Work after this call, in the stream that this thread works
   * in now, waits until it has arrived; the host does not. Take it before the next is sent: else
   * that one is waited for as well.
   */
  take(): Tensor {
    if (this.#isAside) door.joinAside(slotOf(this.#tensor, 'take'));
    return this.#tensor;
  }

  /** Frees what is not wanted any more, whether it has arrived or not. */
  dispose(): void {
    this.#tensor.dispose();
  }
}
