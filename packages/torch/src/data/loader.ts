import { randperm } from '../ops.generated.js';
import { refuseUnknown } from '../options.js';
import { scope } from '../scope.js';
import { Tensor } from '../tensor.js';
import type { Dataset } from './dataset.js';

/** How a `DataLoader` goes over its examples. */
export interface LoaderOptions {
  /** Examples in a batch; 1 by default. */
  readonly batch?: number;
  /** In a new order each time, from the default generator; off by default. */
  readonly shuffle?: boolean;
  /** Leaves out a last batch that is smaller; off by default. */
  readonly dropLast?: boolean;
}

/**
 * Goes over a data set in batches: `for await (const [images, labels] of loader)`. The next batch
 * is read while the loop works on one. A batch's tensors are freed when the loop asks for the next
 * or ends, in whatever way; what is to stay is cloned and kept.
 * @example
 * ```ts
 * import { arange, data, randn, scope } from 'tandem-torch';
 *
 * const examples = new data.TensorDataset(randn([10, 3]), arange(10, { dtype: 'int64' }));
 * const loader = new data.DataLoader(examples, { batch: 4, shuffle: true });
 * let sum = 0;
 * for await (const [rows, numbers] of loader) {
 *   sum += scope(() => numbers.sum().item());
 *   console.log(rows.shape.join());
 * }
 * console.log(loader.length, sum); // 3 45
 * ```
 */
export class DataLoader<Batch> implements AsyncIterable<Batch> {
  readonly #dataset: Dataset<Batch>;
  readonly #batch: number;
  readonly #shuffle: boolean;
  readonly #dropLast: boolean;

  /** @throws RangeError for a batch that is no whole number above 0 */
  constructor(dataset: Dataset<Batch>, options: LoaderOptions = {}) {
    refuseUnknown('DataLoader', options, ['batch', 'shuffle', 'dropLast']);
    const { batch = 1, shuffle = false, dropLast = false } = options;
    if (!Number.isInteger(batch) || batch < 1)
      throw new RangeError(`DataLoader: batch must be 1 or more, got ${batch}`);
    this.#dataset = dataset;
    this.#batch = batch;
    this.#shuffle = shuffle;
    this.#dropLast = dropLast;
  }

  /** Batches in one pass. */
  get length(): number {
    const batches = this.#dataset.length / this.#batch;
    return this.#dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    const order = this.#order();
    const read = async (i: number) =>
      keep(await this.#dataset.batch(order.slice(i * this.#batch, (i + 1) * this.#batch)));
    const { length } = this;
    let next = length > 0 ? read(0) : undefined;
    try {
      for (let i = 0; next !== undefined; i++) {
        const batch = await next;
        next = i + 1 < length ? read(i + 1) : undefined;
        // Its failure is told when its turn comes, not before anyone listens.
        next?.catch(() => {});
        try {
          yield batch;
        } finally {
          for (const x of tensorsIn(batch)) x.dispose();
        }
      }
    } finally {
      // A loop that ends early leaves one batch behind.
      await next?.then(
        (batch) => {
          for (const x of tensorsIn(batch)) x.dispose();
        },
        () => {},
      );
    }
  }

  #order(): readonly number[] {
    const { length } = this.#dataset;
    if (!this.#shuffle) return Array.from({ length }, (_, i) => i);
    return scope(() => Array.from(randperm(length, { dtype: 'int64' }).data() as BigInt64Array, Number));
  }
}

/** Takes a batch out of any scope around. */
function keep<Batch>(batch: Batch): Batch {
  for (const x of tensorsIn(batch)) x.keep();
  return batch;
}

function tensorsIn(batch: unknown): Tensor[] {
  if (batch instanceof Tensor) return [batch];
  return typeof batch === 'object' && batch !== null ? Object.values(batch).flatMap(tensorsIn) : [];
}
