import { allocate } from './allocate.js';
import { type PixelFormat, pixelBytes, type SkippedFile } from './image-set.js';
import type { Pixels } from './pixel-file.js';

/** What decoding came to. */
export interface Outcome {
  /** Height and width of every image. */
  readonly side: number;
  /** The indices of the images that could be decoded, ascending. */
  readonly kept: readonly number[];
  /** Those that could not, with the reason. */
  readonly skipped: readonly SkippedFile[];
}

/** Images of one size, and what became of those that could not be decoded. */
export interface Stored<P extends Pixels = Pixels> extends Outcome {
  /** The kept images. */
  readonly pixels: P;
  /** Of every image. */
  readonly format: PixelFormat;
}

/** Where images are put while they are decoded, in whatever order they come. */
export interface Store<P extends Pixels = Pixels> {
  /** @param fill writes one image's planes into what it is given, from byte `start` on */
  write(index: number, fill: (to: Uint8Array, start: number) => void): void;
  /** What was kept, once everything was written. */
  finish(outcome: Outcome): Promise<Stored<P>>;
  /** Forgets what was written. */
  discard(): Promise<void>;
}

/** Makes a store for `count` square images. */
export type NewStore<P extends Pixels = Pixels> = (
  count: number,
  format: PixelFormat,
  side: number,
) => Promise<Store<P>>;

/** Sets up to this size stay in memory as they are; larger ones are kept in a file. In bytes. */
const inMemory = 2 ** 30;

/** Whether `count` square images may be held in memory, in `memory` bytes; default 1 GiB. */
export function fitsInMemory(count: number, format: PixelFormat, side: number, memory = inMemory): boolean {
  return count * pixelBytes(format) * side ** 2 <= memory;
}

/** @throws UserError where so many images do not fit in memory at all */
export async function memoryStore(count: number, format: PixelFormat, side: number): Promise<Store<Uint8Array>> {
  const pixels = allocate(count, format, side);
  const stride = pixelBytes(format) * side * side;
  return {
    write: (index, fill) => fill(pixels, index * stride),
    async discard() {},
    async finish(outcome) {
      const { kept } = outcome;
      for (const [to, from] of kept.entries()) {
        if (to !== from) pixels.copyWithin(to * stride, from * stride, (from + 1) * stride);
      }
      return { ...outcome, format, pixels: pixels.subarray(0, kept.length * stride) };
    },
  };
}
