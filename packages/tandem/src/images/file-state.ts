import { stat } from 'node:fs/promises';
import { concurrently } from './concurrency.js';
import type { FilePath } from './sources/listing.js';

/**
 * Size and time of change of each file, in their order: any file changed or replaced gives another.
 */
export async function stateOf(files: readonly FilePath[], signal?: AbortSignal): Promise<string[]> {
  const lines: string[] = new Array(files.length);
  await concurrently(files.entries(), 32, async ([i, path]) => {
    signal?.throwIfAborted();
    const file = await stat(path).catch(() => undefined);
    lines[i] = `${path}\0${file?.size}\0${file?.mtimeMs}`;
  });
  return lines;
}
