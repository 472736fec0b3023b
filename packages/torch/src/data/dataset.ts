import { tensor } from '../create.js';
import { indexSelect } from '../ops.generated.js';
import { scope } from '../scope.js';
import type { Tensor } from '../tensor.js';

/**
 * Examples that can be had by number, in batches: what a `DataLoader` takes. `Batch` is what the
 * training loop sees: a tensor, or an array or plain object of tensors.
 */
export interface Dataset<Batch> {
  /** How many examples there are. */
  readonly length: number;
  /**
   * The examples of these numbers, from 0, as one batch. Its tensors belong to the caller.
   * @throws or rejects where one cannot be read
   */
  batch(indices: readonly number[]): Batch | Promise<Batch>;
}

/** Tensors side by side, an example in each row: images [n, c, h, w] and labels [n], say. */
export class TensorDataset<Tensors extends readonly Tensor[]> implements Dataset<{ [I in keyof Tensors]: Tensor }> {
  /** Rows of each tensor. */
  readonly length: number;
  readonly #tensors: Tensors;

  /**
   * @param tensors they stay the caller's
   * @throws RangeError where they have different numbers of rows, or there is none
   */
  constructor(...tensors: Tensors) {
    const rows = tensors.map(({ shape: [n] }) => n);
    const [length] = rows;
    if (length === undefined || rows.some((n) => n !== length)) {
      throw new RangeError(
        `TensorDataset: tensors must have the same number of rows, got ${rows.join(', ') || 'none'}`,
      );
    }
    this.length = length;
    this.#tensors = tensors;
  }

  /** Copies of these rows. */
  batch(indices: readonly number[]): { [I in keyof Tensors]: Tensor } {
    return scope(() =>
      this.#tensors.map((x) => indexSelect(x, 0, tensor(BigInt64Array.from(indices, BigInt), { device: x.device }))),
    ) as { [I in keyof Tensors]: Tensor };
  }
}
