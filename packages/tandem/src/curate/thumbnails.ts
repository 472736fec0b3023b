import type { JobHooks } from '../evaluate/index.js';
import { openingFor } from '../evaluate/open.js';
import { pngOf, streamImages } from '../images/index.js';
import type { CurateOptions } from './vectors.js';

/** Side of a small picture, in pixels. */
const side = 96;

/** Small pictures as data URIs, by name; of those that cannot be read there is none. */
export async function thumbnails(
  options: CurateOptions,
  files: readonly string[],
  { onProgress, signal }: JobHooks,
): Promise<ReadonlyMap<string, string>> {
  const wanted = new Set(files);
  const found = new Map<string, string>();
  if (wanted.size === 0) return found;
  const stream = await streamImages(options.images, { ...openingFor(options), size: side, signal });
  for await (const { set } of stream.chunks({ has: (file) => !wanted.has(file) })) {
    for (const [i, file] of set.files.entries()) {
      found.set(file, `data:image/png;base64,${(await pngOf(set, i, side)).toString('base64')}`);
    }
    onProgress?.(found.size, wanted.size, 'pictures for the page');
    signal?.throwIfAborted();
  }
  return found;
}
