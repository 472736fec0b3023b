import { basename } from 'node:path';
import type { Skipped } from '../set/image-set.js';
import { checkNumber, isHidden, isImage, MAX_FILE } from './formats.js';
import { type Source, sourceOf } from './source.js';
import { tarEntries } from './tar.js';
import { classOf, isClassFile, largestClassFile, sampleKey } from './webdataset.js';

/** An image file in one of several tars. */
interface Place {
  readonly tar: string;
  readonly ordinal: number;
}

/**
 * A tar of images, gzipped or not, or several that make up one collection. They are read once to
 * see what is in them, and once more for the contents; nothing is written to disk. Of several
 * entries with one path the last counts, as when unpacking. Classes may stand in files beside the
 * images, as in WebDataset's shards (see samples.ts).
 *
 * @param where the tar, or what stands for all of them in messages
 * @param onFound called now and then with the number of files seen so far
 * @throws UserError where one is no tar, damaged or cut short
 */
export async function openTars(
  where: string,
  tars: readonly string[],
  onFound?: (files: number) => void,
  signal?: AbortSignal,
): Promise<Source> {
  const places = new Map<string, Place>();
  const folders = new Map<string, readonly string[]>();
  const classes = new Map<string, string>();
  const faults: Skipped[] = [];
  for (const tar of tars) {
    // The name of its shard keeps apart what has one path in two of them.
    const prefix = tars.length > 1 ? `${archiveName(tar)}/` : '';
    for await (const entry of tarEntries(tar, signal)) {
      if (isHidden(entry.path)) continue;
      const path = prefix + entry.path;
      if (entry.usable) {
        places.set(path, { tar, ordinal: entry.ordinal });
        if (prefix !== '') folders.set(path, entry.path.split('/').slice(0, -1));
        if (isClassFile(path) && entry.size <= largestClassFile) {
          const name = classOf(path, await entry.read());
          if (name !== undefined) classes.set(sampleKey(path), name);
        }
      } else if (isImage(entry.path)) {
        faults.push({
          file: path,
          reason: entry.isFile ? 'a name that leads out of the archive' : 'no file but a link',
        });
      }
      if (places.size % 1000 === 0) onFound?.(places.size);
      checkNumber(where, places.size);
    }
  }
  const source = sourceOf(archiveName(where), where, [...places.keys()]);
  const known = source.paths.filter((path) => classes.has(sampleKey(path)));
  const isLabelled = known.length > 0 && known.length === source.paths.length;
  if (isLabelled) for (const path of known) folders.set(path, [classes.get(sampleKey(path)) as string]);
  const notes =
    known.length > 0 && !isLabelled
      ? [`the classes beside images are not used, as only ${known.length} of ${source.paths.length} images have one`]
      : [];
  return {
    ...source,
    folders,
    faults,
    notes: [...source.notes, ...notes],
    origins: () => tars,
    async *contents(wanted, contentsSignal) {
      const indices = new Map<string, Map<number, number>>(tars.map((tar) => [tar, new Map()]));
      for (const [i, path] of wanted.entries()) {
        const place = places.get(path);
        if (place) indices.get(place.tar)?.set(place.ordinal, i);
      }
      for (const [tar, inTar] of indices) {
        let missing = inTar.size;
        if (missing === 0) continue;
        for await (const entry of tarEntries(tar, contentsSignal)) {
          const index = inTar.get(entry.ordinal);
          if (index === undefined) continue;
          if (entry.size > MAX_FILE) yield { index, reason: `larger than ${MAX_FILE / 2 ** 20} MiB` };
          else yield { index, input: await entry.read() };
          if (--missing === 0) break;
        }
      }
    },
  };
}

/** A file's name without `.tar`, `.tar.gz`, `.tgz` or `.zip`. */
export function archiveName(where: string): string {
  return basename(where).replace(/\.(tar|tar\.gz|tgz|zip)$/i, '');
}
