import { type Device, type DType, type Tensor, upload } from 'tandem-torch';

/** How numbers are wanted: as they are, as indices, or as the basis of further arithmetic. */
type Use = 'float32' | 'int64' | 'float64';

/**
 * The few numbers that the making of a view needs on the device of its images, in one copy: first
 * all are put in, then the buffer is sent, then each is asked for. They travel as float32, which
 * holds all of them exactly: whole numbers below 2^24, and what is float32 anyway. On the CPU
 * nothing is copied.
 */
export class StagingBuffer {
  readonly #values: number[] = [];
  readonly #sent = new Map<Use, Tensor>();

  constructor(readonly device: Device) {}

  /** @returns how to get them, in the scope in which the buffer was sent or within it */
  put(values: ArrayLike<number>, shape: readonly number[] = [values.length], use: Use = 'float32'): () => Tensor {
    if (this.device === 'cpu') {
      const array = use === 'int64' ? BigInt64Array.from(values as number[], BigInt) : new Float32Array(values);
      return () => upload(array, shape, 'cpu');
    }
    const from = this.#values.length;
    for (let i = 0; i < values.length; i++) this.#values.push(values[i] as number);
    return () => (this.#sent.get(use) as Tensor).narrow(0, from, values.length).view(shape);
  }

  send(): void {
    if (this.#values.length === 0) return;
    const all = upload(new Float32Array(this.#values), [this.#values.length], this.device);
    // Apple's GPUs have no float64.
    const wide: DType = this.device.startsWith('mps') ? 'float32' : 'float64';
    this.#sent.set('float32', all).set('int64', all.to('int64')).set('float64', all.to(wide));
  }
}
