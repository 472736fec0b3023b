import { allocate } from './allocate.js';
import type { Skipped } from './image-set.js';
import type { Pixels } from './pixel-file.js';

/** What decoding came to. */
export interface Outcome {
  /** Height and width of every image. */
  readonly side: number;
  /** The places of the images that could be decoded, ascending. */
  readonly kept: readonly number[];
  readonly skipped: readonly Skipped[];
}

/** Images of one size, and what became of those that could not be decoded. */
export interface Stored extends Outcome {
  /** The kept images. */
  readonly pixels: Pixels;
}

/** Where images are put while they are decoded, in whatever order they come. */
export interface Store {
  /** @param fill writes one image's planes into what it is given, from byte `start` on */
  write(place: number, fill: (to: Uint8Array, start: number) => void): void;
  /** What was kept, once everything was written. */
  finish(outcome: Outcome): Promise<Stored>;
  /** Forgets what was written. */
  discard(): Promise<void>;
}

/** Makes a store for `count` square images. */
export type NewStore = (count: number, channels: number, side: number) => Promise<Store>;

/** Sets up to this size stay in memory as they are; larger ones are kept in a file. In bytes. */
export const IN_MEMORY = 2 ** 30;

/** @throws UserError where so many images do not fit in memory at all */
export async function memoryStore(count: number, channels: number, side: number): Promise<Store> {
  const pixels = allocate(count, channels, side);
  const stride = channels * side * side;
  return {
    write: (place, fill) => fill(pixels, place * stride),
    async discard() {},
    async finish(outcome) {
      const { kept } = outcome;
      for (const [to, from] of kept.entries()) {
        if (to !== from) pixels.copyWithin(to * stride, from * stride, (from + 1) * stride);
      }
      return { ...outcome, pixels: pixels.subarray(0, kept.length * stride) };
    },
  };
}
