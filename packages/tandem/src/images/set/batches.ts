import { UserError } from '../../errors.js';
import { permutation } from '../../random.js';
import { type Batch, type BatchSource, bytesOf, gather, type ImageSet, type Share } from './image-set.js';

/**
 * The purpose of a run's seed here, so that the order has nothing to do with other draws from that
 * seed.
 */
const orderPurpose = 0x6f72_6472;

/**
 * Whole batches of a set in an order of their own for each epoch, given by the seed alone, or a
 * share of each.
 */
export class Batches implements BatchSource {
  /** What the batches are drawn from. */
  readonly set: ImageSet;
  /** Images in a batch, those of other processes included. */
  readonly size: number;
  /** Batches in an epoch; what is left over is dropped, another rest every epoch. */
  readonly perEpoch: number;
  /** Of the orders. */
  readonly #seed: number;
  readonly #share: Share;

  /**
   * @param options.share defaults to all of a batch
   * @throws UserError where a batch is larger than the set
   */
  constructor(
    set: ImageSet,
    options: { readonly batch: number; readonly seed: number; readonly share?: Share | undefined },
  ) {
    const { batch, seed, share = { from: 0, count: batch } } = options;
    checkBatch(batch, set.name, set.count);
    this.set = set;
    this.size = batch;
    this.#seed = seed;
    this.#share = share;
    this.perEpoch = Math.floor(set.count / batch);
  }

  /**
   * The batches of one epoch from batch `fromBatch` on; each brings arrays of its own.
   *
   * @param epoch from 0
   */
  *epoch(epoch: number, fromBatch = 0): Generator<Batch, void, void> {
    for (const indices of this.order(epoch, fromBatch)) yield { indices, bytes: gather(this.set, indices) };
  }

  /** Which images these are, for whoever has them already. */
  *order(epoch: number, fromBatch = 0): Generator<Uint32Array, void, void> {
    const order = permutation(this.set.count, this.#seed, orderPurpose, epoch);
    const { from, count } = this.#share;
    for (let batch = fromBatch; batch < this.perEpoch; batch++) {
      const first = batch * this.size + from;
      yield order.slice(first, first + count);
    }
  }
}

/** @throws UserError for a batch that is none, or larger than the data */
export function checkBatch(batch: number, name: string, count: number): void {
  if (!Number.isInteger(batch) || batch < 1)
    throw new UserError(`a batch must be a whole number of images, not ${batch}`);
  if (batch > count && count < 2)
    throw new UserError(`${name} has ${count} image, and learning compares two at least: add images`);
  if (batch <= count) return;
  throw new UserError(
    `a batch of ${batch} is larger than the data: ${name} has ${count} images; give --batch ${count} or less`,
  );
}

/**
 * All images in the set's own order, `chunk` at a time; the last chunk may be smaller. The bytes
 * are windows of the set's pixels where those are in memory: never write to them.
 */
export function* inOrder(set: ImageSet, chunk: number): Generator<Batch, void, void> {
  if (!Number.isInteger(chunk) || chunk < 1)
    throw new RangeError(`a chunk must be a whole number of images, not ${chunk}`);
  for (let from = 0; from < set.count; from += chunk) {
    const to = Math.min(from + chunk, set.count);
    const indices = Uint32Array.from({ length: to - from }, (_, i) => from + i);
    yield { indices, bytes: bytesOf(set, from, to) };
  }
}
