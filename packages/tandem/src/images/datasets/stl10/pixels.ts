import { cached } from '../../cache/cached.js';
import { resizedSide } from '../../decode/side.js';
import type { OpenParts, ProgressOptions } from '../../options.js';
import type { Pixels } from '../../set/pixel-file.js';
import { resizer } from '../../set/resize.js';
import { fitsInMemory, memoryStore, type NewStore, type Stored } from '../../set/store.js';
import { IMAGES, type Stl10Files } from './files.js';

export const SIDE = 96;
const AREA = SIDE * SIDE;
/** Bytes of an image. */
export const IMAGE = 3 * AREA;

/**
 * All images in the order of `IMAGES`, the right way up and of the size asked for: in memory, or
 * where they are too many in a cache.
 */
export async function storedImages(
  files: Stl10Files,
  counts: ReadonlyMap<string, number>,
  { sizing, storage, progress }: Pick<OpenParts, 'sizing' | 'storage' | 'progress'>,
): Promise<Stored> {
  const { memory, cache } = storage;
  const { onProgress, signal } = progress;
  const count = IMAGES.reduce((sum, file) => sum + (counts.get(file) ?? 0), 0);
  const side = resizedSide(SIDE, sizing) ?? SIDE;
  const read = <P extends Pixels>(newStore: NewStore<P>) => readImages(files, counts, side, newStore, progress);
  if (fitsInMemory(count, 3, side, memory)) return read(memoryStore);
  const settings = side === SIDE ? {} : { side };
  const onWait = () => onProgress?.(0, undefined, 'waiting for another run to read them');
  return cached({ name: 'stl10', where: files.path, settings, files: IMAGES, origins: files.origins }, read, {
    cache,
    onWait,
    signal,
  });
}

async function readImages<P extends Pixels>(
  files: Stl10Files,
  counts: ReadonlyMap<string, number>,
  side: number,
  newStore: NewStore<P>,
  { onProgress, signal }: ProgressOptions,
): Promise<Stored<P>> {
  const countOf = (names: readonly string[]) => names.reduce((sum, file) => sum + (counts.get(file) ?? 0), 0);
  const count = countOf(IMAGES);
  const resize = side === SIDE ? undefined : resizer({ channels: 3, height: SIDE, width: SIDE }, side);
  const whole = new Uint8Array(IMAGE);
  const store = await newStore(count, 3, side);
  try {
    let done = 0;
    for await (const { file, bytes } of files.each(signal)) {
      if (!IMAGES.includes(file)) continue;
      let index = countOf(IMAGES.slice(0, IMAGES.indexOf(file)));
      for await (const image of images(bytes())) {
        signal?.throwIfAborted();
        store.write(index++, (to, start) => {
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
