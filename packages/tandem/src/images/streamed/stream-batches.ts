import { UserError } from '../../errors.js';
import { decodeAll } from '../decode/decode-all.js';
import type { Sides } from '../decode/side.js';
import { refuseTooMany } from '../decode/skipped.js';
import type { ProgressOptions } from '../options.js';
import { checkBatch } from '../set/batches.js';
import {
  type Batch,
  type BatchSource,
  type Flow,
  type ImageSet,
  imageBytes,
  type Share,
  type SkippedFile,
} from '../set/image-set.js';
import { memoryStore } from '../set/store.js';
import { ahead } from '../sources/ahead.js';
import type { Content, Encoded, Source } from '../sources/source.js';
import type { Meter } from './meter.js';
import { orderIn } from './order.js';
import type { OpenedPart, Part } from './part.js';
import type { Windows } from './windows.js';

/** Batches that are decoded at once. */
const decodedAtOnce = 2;

/** A stream that cannot go on: what it wanted is not to be had. */
export class StreamError extends UserError {}

/** What batches of a stream are made of. */
export interface StreamParts extends ProgressOptions {
  /** Images like those of the stream. */
  readonly set: ImageSet;
  readonly where: string;
  readonly parts: readonly Part[];
  readonly windows: Windows;
  readonly sides: Sides;
  /** Images in an epoch. */
  readonly count: number;
  readonly seed: number;
  readonly meter: Meter;
  readonly maxSkippedShare: number | undefined;
}

/** An image of a batch, as it was read, with its path. */
type Taken = Encoded & { readonly path: string };

/**
 * Batches of a stream. The stream goes through all windows of all passes without an end; an epoch
 * is so many of its images in a row. Image 0 of the run is the first of window 0, so that position
 * and seed say which image comes.
 */
export class StreamBatches implements BatchSource {
  readonly set: ImageSet;
  readonly size: number;
  readonly perEpoch: number;
  readonly #of: StreamParts;
  readonly #share: Share;
  readonly #skipped = new Map<string, SkippedFile>();
  /** A window that begins at a known position. */
  #known = { window: 0, from: 0 };

  /** @param share the images of each batch that are read; those of others are passed over */
  constructor(of: StreamParts, size: number, share: Share = { from: 0, count: size }) {
    checkBatch(size, of.set.name, of.count);
    this.#of = of;
    this.#share = share;
    this.set = of.set;
    this.size = size;
    this.perEpoch = Math.floor(of.count / size);
  }

  /** @throws StreamError where a part cannot be had, or too many images cannot be decoded */
  async *epoch(epoch: number, fromBatch = 0): AsyncGenerator<Batch, void, void> {
    const { meter } = this.#of;
    const work = (taken: readonly Taken[], nth: number) =>
      this.#decoded(taken, (fromBatch + nth) * this.size + this.#share.from);
    let nth = 0;
    const batches = ahead(this.#taken(epoch, fromBatch), decodedAtOnce, (taken) => work(taken, nth++));
    try {
      for (;;) {
        const { value, done } = await meter.waiting(batches.next());
        if (done) return;
        yield value;
      }
    } finally {
      await batches.return(undefined);
    }
  }

  close(): void {
    this.#of.windows.close();
  }

  flow(): Flow {
    return { ...this.#of.meter.flow(), skipped: [...this.#skipped.values()] };
  }

  /** The images of each batch, as they lie in their files. */
  async *#taken(epoch: number, fromBatch: number): AsyncGenerator<Taken[]> {
    let batch: Taken[] = [];
    let left = this.perEpoch - fromBatch;
    for await (const images of this.#inOrder((epoch * this.perEpoch + fromBatch) * this.size)) {
      for (const image of images) {
        batch.push(image);
        if (batch.length < this.#share.count) continue;
        yield batch;
        batch = [];
        if (--left === 0) return;
      }
    }
  }

  /** The images from a position on, some at a time. */
  async *#inOrder(position: number): AsyncGenerator<Taken[]> {
    const { windows, seed, where } = this.#of;
    let { window, from } = position >= this.#known.from ? this.#known : { window: 0, from: 0 };
    for (let empty = 0; ; window++) {
      const count = await this.#had(window, () => windows.count(window));
      empty = count === 0 ? empty + 1 : 0;
      if (empty > this.#of.parts.length) throw new StreamError(`${where}: there are no images in it`);
      if (position < from + count) {
        this.#known = { window, from };
        const opened = await this.#had(window, () => windows.open(window));
        const order = orderIn(window, count, seed);
        for (let at = position - from; at < count; at += this.size) {
          const own = order.subarray(at, at + this.size).filter((_, i) => this.#isOwn(from + at + i));
          yield await this.#had(window, () => this.#read(window, opened, own));
        }
        position = from + count;
      }
      from += count;
    }
  }

  /** Whether the image at a position of the run is of this process's share of its batch. */
  #isOwn(position: number): boolean {
    const place = (position % this.size) - this.#share.from;
    return place >= 0 && place < this.#share.count;
  }

  /** What is read of a window's images, in the order asked for. */
  async #read(window: number, opened: readonly OpenedPart[], numbers: Uint32Array): Promise<Taken[]> {
    const taken: Taken[] = new Array(numbers.length);
    const parts = this.#of.windows.partsOf(window);
    let first = 0;
    for (const [i, part] of opened.entries()) {
      const wanted = [...numbers.entries()].filter(([, n]) => n >= first && n < first + part.paths.length);
      const own = wanted.map(([, number]) => number - first);
      for await (const { index, ...image } of part.contents(own, this.#of.signal)) {
        const [to] = wanted[index] as [number, number];
        taken[to] = { ...image, path: `${parts[i]?.prefix}${part.paths[own[index] as number]}` };
      }
      first += part.paths.length;
    }
    return taken;
  }

  /**
   * Decodes a batch. In place of an image that cannot be decoded another of the batch stands twice,
   * so that which images come never depends on how many before could be decoded.
   *
   * @param position of the first, in its epoch
   */
  async #decoded(taken: readonly Taken[], position: number): Promise<Batch> {
    const { sides, set, signal, where } = this.#of;
    const paths = taken.map(({ path }) => path);
    const source = sourceOf(set.name, taken);
    const { pixels, kept, skipped } = await decodeAll(source, paths, sides, memoryStore, { signal });
    for (const one of skipped) this.#skipped.set(one.file, one);
    if (skipped.length > 0) this.#refuseTooMany();
    if (kept.length === 0) throw new StreamError(`${where}: no image of a whole batch could be decoded: ${paths[0]}`);
    const indices = Uint32Array.from(taken, (_, i) => position + i);
    if (kept.length === taken.length) return { indices, bytes: pixels };
    const each = imageBytes(set);
    const bytes = new Uint8Array(taken.length * each);
    let next = 0;
    for (let i = 0; i < taken.length; i++) {
      const from = kept[next] === i ? next++ : next % kept.length;
      bytes.set(pixels.subarray(from * each, (from + 1) * each), i * each);
    }
    return { indices, bytes };
  }

  #refuseTooMany(): void {
    const { where, count, maxSkippedShare } = this.#of;
    try {
      refuseTooMany(where, count, [...this.#skipped.values()], maxSkippedShare);
    } catch (error) {
      throw new StreamError((error as Error).message, { cause: error });
    }
  }

  /** Waits for something of a window, and tells the user where that takes long. */
  async #had<T>(window: number, work: () => Promise<T>): Promise<T> {
    const { meter, windows, onProgress, signal } = this.#of;
    const begun = performance.now();
    const tell = setInterval(() => {
      const seconds = Math.round((performance.now() - begun) / 1000);
      onProgress?.(seconds, undefined, `s waiting for ${windows.partsOf(window)[0]?.name} ${meter.said()}`);
    }, 1000);
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof UserError ? new StreamError(error.message, { cause: error }) : error;
    } finally {
      clearInterval(tell);
    }
  }
}

function sourceOf(name: string, taken: readonly Taken[]): Source {
  return {
    ...{ name, where: name, paths: [], faults: [], notes: [], others: [] },
    origins: () => [],
    async *contents(): AsyncGenerator<Content> {
      for (const [index, { path: _, ...image }] of taken.entries()) yield { ...image, index } as Content;
    },
  };
}
