import { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { UserError } from '../../errors.js';
import { entryOf, type TarEntry, tarEntries } from './tar.js';

/**
 * The entries of a tar, and in place of a tar in it what that holds, in a folder of its name: of
 * `ILSVRC2012_img_train.tar` each class is a tar. Ordinals count through all.
 *
 * @throws UserError as `tarEntries`, and naming the inner tar where that is damaged
 */
export async function* allEntries(file: string, signal?: AbortSignal): AsyncGenerator<TarEntry> {
  let ordinal = 0;
  for await (const entry of tarEntries(file, signal)) {
    if (!entry.usable || !/\.tar$/i.test(entry.path)) {
      yield { ...entry, ordinal: ordinal++ };
      continue;
    }
    const folder = entry.path.replace(/\.tar$/i, '');
    for await (const inner of innerEntries(entry, `${file}: ${entry.path}`, signal)) {
      yield { ...inner, path: `${folder}/${inner.path}`, offset: undefined, ordinal: ordinal++ };
    }
  }
}

async function* innerEntries(outer: TarEntry, label: string, signal?: AbortSignal): AsyncGenerator<TarEntry> {
  const bytes = Readable.from(outer.parts());
  const tar = extract();
  bytes.on('error', (error) => tar.destroy(error));
  bytes.pipe(tar);
  let ordinal = 0;
  try {
    for await (const entry of tar) {
      signal?.throwIfAborted();
      const found = entryOf(entry, ordinal++, (error) => error);
      if (found) yield found;
      if (!found?.isConsumed()) entry.resume();
    }
  } catch (error) {
    if (error instanceof UserError || signal?.aborted) throw error;
    throw new UserError(`${label}: not a tar archive, or damaged (${(error as Error).message})`, { cause: error });
  } finally {
    tar.destroy();
    bytes.destroy();
  }
}
