import { dirname, join } from 'node:path';
import { shownBytes } from '../../errors.js';
import { cached } from '../cache/cache.js';
import { cacheHome } from '../cache/cache-home.js';
import { decodeAll, likelySide, targetSide } from '../decode/decode-all.js';
import type { OpenOptions } from '../options.js';
import { type ImageSet, imageBytes, type Skipped, subset } from '../set/image-set.js';
import { PixelFile, type Pixels } from '../set/pixel-file.js';
import { IN_MEMORY, memoryStore, type NewStore, type Stored } from '../set/store.js';
import type { Source } from '../sources/source.js';
import type { Item } from './class-folders.js';

/** What decoding a source's items came to. */
export interface Images {
  /** The images that could be decoded, in the order of the items. */
  readonly set: ImageSet;
  /** Which items they are. */
  readonly places: readonly number[];
  readonly skipped: readonly Skipped[];
}

/** What is decoded is more than may be held in memory. */
class TooLarge extends Error {}

/** Decodes items to memory or, where they do not fit, takes them from a cache. */
export async function imagesOf(
  source: Source,
  items: readonly Item[],
  classes: readonly string[] | undefined,
  options: OpenOptions,
): Promise<Images> {
  const { memory = IN_MEMORY, onProgress, signal, limit, seed } = options;
  const decode = (files: readonly string[], likely: number, newStore: NewStore) =>
    decodeAll(source, files, likely, newStore, {
      ...options,
      onDone: (done) => onProgress?.(done, files.length, 'decoding'),
    });
  const paths = items.map((item) => item.path);
  const setAt = (places: readonly number[], { side, pixels }: Stored) => {
    const kept = places.map((i) => items[i] as Item);
    return setOf(source.name, kept, { side, pixels, classes });
  };
  const side = targetSide(options);
  let likely = await likelySide(source, paths, options);
  const fits = (count: number, channels: number, side: number) => count * channels * side ** 2 <= memory;
  if (fits(paths.length, 3, likely)) {
    try {
      const small = await decode(paths, likely, (...shape) => {
        if (!fits(...shape)) throw new TooLarge();
        return memoryStore(...shape);
      });
      return { set: setAt(small.kept, small), places: small.kept, skipped: small.skipped };
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      likely = side; // sizes differ
    }
  }
  // What a cache holds must not depend on what is held out of it.
  const order = [...items.keys()].sort((a, b) => compare(paths[a] as string, paths[b] as string));
  const files = order.map((i) => paths[i] as string);
  const key = { side, ...(likely !== side && { own: likely }), ...(limit !== undefined && { limit, seed }) };
  const large = await cached(
    {
      folder: options.cache ?? join(cacheHome(), 'images'),
      name: source.name,
      where: source.where,
      key,
      files,
      origins: source.origins(files),
      onWait: () => onProgress?.(0, undefined, 'waiting for another run to decode them'),
      signal,
    },
    (newStore) => decode(files, likely, newStore),
  );
  const places = large.kept.map((k) => order[k] as number);
  const ranks = [...places.keys()].sort((a, b) => (places[a] as number) - (places[b] as number));
  return {
    set: subset(setAt(places, large), ranks),
    places: ranks.map((rank) => places[rank] as number),
    skipped: large.skipped,
  };
}

function setOf(
  name: string,
  items: readonly Item[],
  { side, pixels, classes }: { side: number; pixels: Pixels; classes: readonly string[] | undefined },
): ImageSet {
  return {
    name,
    count: items.length,
    channels: 3,
    height: side,
    width: side,
    pixels,
    files: items.map((item) => item.path),
    ...(classes && { labels: Int32Array.from(items, (item) => item.label as number), classes }),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Tells where images are kept that are too many for the memory, and how large that is; nothing for
 * others.
 */
export function cacheNote(set: ImageSet): string[] {
  if (!(set.pixels instanceof PixelFile)) return [];
  return [`decoded images (${shownBytes(set.count * imageBytes(set))}) are kept in ${dirname(set.pixels.path)}`];
}
