import { join } from 'node:path';
import { cached } from '../../cache/cache.js';
import { cacheHome } from '../../cache/cache-home.js';
import { fittedSide } from '../../collection/resize-and-limit.js';
import type { OpenOptions } from '../../options.js';
import { resizer } from '../../set/resize.js';
import { IN_MEMORY, memoryStore, type NewStore, type Stored } from '../../set/store.js';
import { IMAGES, type Place } from './files.js';

export const SIDE = 96;
const AREA = SIDE * SIDE;
/** Bytes of an image. */
export const IMAGE = 3 * AREA;

/**
 * All images in the order of `IMAGES`, the right way up and of the size asked for: in memory, or
 * where they are too many in a cache.
 */
export function imagesOf(place: Place, counts: ReadonlyMap<string, number>, options: OpenOptions): Promise<Stored> {
  const { memory = IN_MEMORY, onProgress, signal } = options;
  const count = IMAGES.reduce((sum, file) => sum + (counts.get(file) ?? 0), 0);
  const side = fittedSide(SIDE, options) ?? SIDE;
  const resize = side === SIDE ? undefined : resizer({ channels: 3, height: SIDE, width: SIDE }, side);
  const whole = new Uint8Array(IMAGE);
  const build = async (newStore: NewStore): Promise<Stored> => {
    const store = await newStore(count, 3, side);
    try {
      let done = 0;
      for await (const { file, bytes } of place.parts(signal)) {
        if (!IMAGES.includes(file)) continue;
        const before = IMAGES.slice(0, IMAGES.indexOf(file));
        let at = before.reduce((sum, earlier) => sum + (counts.get(earlier) ?? 0), 0);
        for await (const image of images(bytes())) {
          signal?.throwIfAborted();
          store.write(at++, (to, start) => {
            if (!resize) return upright(image, to, start);
            upright(image, whole, 0);
            resize(whole, to, start);
          });
          if (++done % 500 === 0) onProgress?.(done, count, 'reading');
        }
      }
      return await store.finish({ side, kept: [...Array(count).keys()], skipped: [] });
    } catch (error) {
      await store.discard();
      throw error;
    }
  };
  if (count * 3 * side ** 2 <= memory) return build(memoryStore);
  return cached(
    {
      folder: options.cache ?? join(cacheHome(), 'images'),
      name: 'stl10',
      where: place.path,
      key: side === SIDE ? {} : { side },
      files: IMAGES,
      origins: place.origins,
      onWait: () => onProgress?.(0, undefined, 'waiting for another run to read them'),
      signal,
    },
    build,
  );
}

/** A stream of bytes as whole images. */
async function* images(bytes: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  const image = new Uint8Array(IMAGE);
  let filled = 0;
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; ) {
      const n = Math.min(IMAGE - filled, chunk.length - at);
      image.set(chunk.subarray(at, at + n), filled);
      filled += n;
      at += n;
      if (filled === IMAGE) {
        yield image;
        filled = 0;
      }
    }
  }
}

/** Writes planes given column by column, as STL-10's are, row by row. */
function upright(columns: Uint8Array, to: Uint8Array, start: number): void {
  for (let plane = 0; plane < IMAGE; plane += AREA) {
    for (let x = 0; x < SIDE; x++) {
      for (let y = 0; y < SIDE; y++) to[start + plane + y * SIDE + x] = columns[plane + x * SIDE + y] as number;
    }
  }
}
