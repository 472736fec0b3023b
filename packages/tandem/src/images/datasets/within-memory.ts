import { cached } from '../cache/cached.js';
import type { OpenParts } from '../options.js';
import { fingerprint } from '../set/fingerprint.js';
import { bytesOf, type DataSet, type ImageSet } from '../set/image-set.js';
import { PixelFile } from '../set/pixel-file.js';

/**
 * The same data with those of its sets in the cache that are larger than may be held in memory.
 * Processes of one host that read a file share what the system keeps of it.
 */
export async function withinMemory(
  data: DataSet,
  { storage, progress }: Pick<OpenParts, 'storage' | 'progress'>,
): Promise<DataSet> {
  const made = new Map<ImageSet, ImageSet>();
  for (const set of [data.train, data.reference, data.queries]) {
    if (set && !made.has(set) && isTooLarge(set, storage.memory)) made.set(set, await inCache(set, storage, progress));
  }
  const one = (set: ImageSet) => made.get(set) ?? set;
  return {
    ...data,
    train: one(data.train),
    ...(data.reference && { reference: one(data.reference) }),
    ...(data.queries && { queries: one(data.queries) }),
  };
}

function isTooLarge({ pixels, width, height }: ImageSet, memory: number | undefined): boolean {
  return memory !== undefined && width === height && !(pixels instanceof PixelFile) && pixels.length > memory;
}

async function inCache(
  set: ImageSet,
  { cache }: OpenParts['storage'],
  { signal }: OpenParts['progress'],
): Promise<ImageSet> {
  const { name, count, channels, depth, height: side } = set;
  const state = fingerprint(set, Number.POSITIVE_INFINITY);
  const settings = { name, count, channels, depth, side, state };
  const { pixels } = await cached(
    { name, where: name, settings, files: [], origins: [], state },
    async (newStore) => {
      const store = await newStore(count, { channels, ...(depth && { depth }) }, side);
      for (let i = 0; i < count; i++) store.write(i, (to, start) => to.set(bytesOf(set, i, i + 1), start));
      return store.finish({ side, kept: [...Array(count).keys()], skipped: [] });
    },
    { cache, signal },
  );
  return { ...set, pixels };
}
