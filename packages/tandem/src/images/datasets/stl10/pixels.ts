import { cached } from '../../cache/cached.js';
import { resizedSide } from '../../decode/side.js';
import type { OpenParts, ProgressOptions } from '../../options.js';
import type { Pixels } from '../../set/pixel-file.js';
import { resizer } from '../../set/resize.js';
import { fitsInMemory, memoryStore, type NewStore, type Stored } from '../../set/store.js';
import { imageFiles, type Stl10Files } from './files.js';

export const sideLength = 96;
const area = sideLength * sideLength;
/** Bytes of an image. */
export const bytesPerImage = 3 * area;

/**
 * All images in the order of `imageFiles`, the right way up and of the size asked for: in memory,
 * or where they are too many in a cache.
 */
export async function storedImages(
  files: Stl10Files,
  counts: ReadonlyMap<string, number>,
  { sizing, storage, progress }: Pick<OpenParts, 'sizing' | 'storage' | 'progress'>,
): Promise<Stored> {
  const { memory, cache } = storage;
  const { onProgress, signal } = progress;
  const count = imageFiles.reduce((sum, file) => sum + (counts.get(file) ?? 0), 0);
  const side = resizedSide(sideLength, sizing) ?? sideLength;
  const read = <P extends Pixels>(newStore: NewStore<P>) => readImages(files, counts, side, newStore, progress);
  if (fitsInMemory(count, { channels: 3 }, side, memory)) return read(memoryStore);
  const settings = side === sideLength ? {} : { side };
  const onWait = () => onProgress?.(0, undefined, 'waiting for another run to read them');
  return cached({ name: 'stl10', where: files.path, settings, files: imageFiles, origins: files.origins }, read, {
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
  const count = countOf(imageFiles);
  const resize =
    side === sideLength ? undefined : resizer({ channels: 3, height: sideLength, width: sideLength }, side);
  const whole = new Uint8Array(bytesPerImage);
  const store = await newStore(count, { channels: 3 }, side);
  try {
    let done = 0;
    for await (const { file, bytes } of files.each(signal)) {
      if (!imageFiles.includes(file)) continue;
      let index = countOf(imageFiles.slice(0, imageFiles.indexOf(file)));
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
  const image = new Uint8Array(bytesPerImage);
  let filled = 0;
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; ) {
      const n = Math.min(bytesPerImage - filled, chunk.length - at);
      image.set(chunk.subarray(at, at + n), filled);
      filled += n;
      at += n;
      if (filled === bytesPerImage) {
        yield image;
        filled = 0;
      }
    }
  }
}

/** Writes planes given column by column, as STL-10's are, row by row. */
function upright(columns: Uint8Array, to: Uint8Array, start: number): void {
  for (let plane = 0; plane < bytesPerImage; plane += area) {
    for (let x = 0; x < sideLength; x++) {
      for (let y = 0; y < sideLength; y++)
        to[start + plane + y * sideLength + x] = columns[plane + x * sideLength + y] as number;
    }
  }
}
