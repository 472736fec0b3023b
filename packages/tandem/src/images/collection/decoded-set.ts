import { dirname } from 'node:path';
import { shownBytes } from '../../errors.js';
import { cached } from '../cache/cached.js';
import { decodeAll } from '../decode/decode-all.js';
import { type Sides, sidesOf } from '../decode/side.js';
import type { OpenParts, ProgressOptions, SampleOptions } from '../options.js';
import { type ImageSet, imageBytes, type SkippedFile } from '../set/image-set.js';
import { PixelFile, type Pixels } from '../set/pixel-file.js';
import { fitsInMemory, memoryStore, type NewStore, type Stored } from '../set/store.js';
import type { Source } from '../sources/source.js';
import type { Item } from './layout.js';

/** What decoding a source's items came to. */
export interface DecodedSet {
  /** The images that could be decoded, in the order of the items. */
  readonly set: ImageSet;
  /** Which items they are. */
  readonly indices: readonly number[];
  readonly skipped: readonly SkippedFile[];
}

/** Decodes items to memory or, where they are too many for it, takes them from the cache. */
export async function decodedSet(
  source: Source,
  items: readonly Item[],
  classes: readonly string[] | undefined,
  {
    sizing,
    pixels,
    sample,
    storage,
    progress,
  }: Pick<OpenParts, 'sizing' | 'pixels' | 'sample' | 'storage' | 'progress'>,
): Promise<DecodedSet> {
  const { memory, cache } = storage;
  const paths = items.map(({ path }) => path);
  const sides = await sidesOf(source, paths, sizing, pixels, progress.signal);
  const fits = fitsInMemory(paths.length, sides.format, sides.own, memory);
  const held = fits ? await inMemory({ source, paths, sides, progress }, memory) : undefined;
  // What would fit at its own side and did not has images of other sides: none keeps its own.
  const others = fits ? { ...sides, own: sides.target } : sides;
  const stored = held ?? (await fromCache({ source, paths, sides: others, progress }, cache, sample));
  const { kept: indices, skipped } = stored;
  const kept = indices.map((i) => items[i] as Item);
  return { set: setOf(source.name, kept, classes, stored), indices, skipped };
}

/** What is to be decoded, to images of which side. */
interface Work {
  readonly source: Source;
  readonly paths: readonly string[];
  readonly sides: Sides;
  readonly progress: ProgressOptions;
}

/** The decoded images are more than may be held in memory. */
class TooLarge extends Error {}

/** Undefined where the images turn out too large. */
async function inMemory(work: Work, memory: number | undefined): Promise<Stored | undefined> {
  const newStore: NewStore = (count, format, side) => {
    if (!fitsInMemory(count, format, side, memory)) throw new TooLarge();
    return memoryStore(count, format, side);
  };
  try {
    return await decode(work, newStore);
  } catch (error) {
    if (error instanceof TooLarge) return undefined;
    throw error;
  }
}

/**
 * In the cache, images are sorted by their paths: what it holds must not depend on what is held out
 * of it. They come back in the order asked for.
 */
async function fromCache(work: Work, cache: string | undefined, sample: SampleOptions): Promise<Stored> {
  const { source, paths, sides, progress } = work;
  const { name, where } = source;
  const order = [...paths.keys()].sort((a, b) => compare(paths[a] as string, paths[b] as string));
  const files = order.map((i) => paths[i] as string);
  const stored = await cached(
    { name, where, settings: settingsOf(sides, sample), files, origins: source.origins(files), state: source.state },
    (newStore) => decode({ ...work, paths: files }, newStore),
    {
      cache,
      onWait: () => progress.onProgress?.(0, undefined, 'waiting for another run to decode them'),
      signal: progress.signal,
    },
  );
  const indices = stored.kept.map((k) => order[k] as number);
  const ranks = [...indices.keys()].sort((a, b) => (indices[a] as number) - (indices[b] as number));
  return { ...stored, kept: ranks.map((rank) => indices[rank] as number), pixels: stored.pixels.select(ranks) };
}

function decode<P extends Pixels>(work: Work, newStore: NewStore<P>): Promise<Stored<P>> {
  const { source, paths, sides, progress } = work;
  const onDone = (done: number) => progress.onProgress?.(done, paths.length, 'decoding');
  return decodeAll(source, paths, sides, newStore, { onDone, signal: progress.signal });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What makes other pixels of the same files. The cache's folders are named by this. */
function settingsOf({ own, target, format, range }: Sides, { limit, seed }: SampleOptions): object {
  const { channels, depth } = format;
  return {
    side: target,
    ...(own !== target && { own }),
    ...(channels !== 3 && { channels }),
    ...(depth && { depth }),
    ...(range && { range }),
    ...(limit !== undefined && { limit, seed }),
  };
}

function setOf(
  name: string,
  items: readonly Item[],
  classes: readonly string[] | undefined,
  { side, format, pixels }: Stored,
): ImageSet {
  return {
    name,
    count: items.length,
    ...format,
    height: side,
    width: side,
    pixels,
    files: items.map((item) => item.path),
    ...(classes && { labels: Int32Array.from(items, (item) => item.label as number), classes }),
  };
}

/**
 * Tells where images are kept that are too many for the memory, and how large that is; nothing for
 * others.
 */
export function cacheNote(set: ImageSet): string[] {
  if (!(set.pixels instanceof PixelFile)) return [];
  return [`decoded images (${shownBytes(set.count * imageBytes(set))}) are kept in ${dirname(set.pixels.path)}`];
}
