import { basename } from 'node:path';
import { isHidden, isImage } from './formats.js';
import { type Source, sourceOf } from './source.js';
import { tarEntries } from './tar.js';

/** Largest image file read from an archive, in bytes. */
const MAX_ENTRY = 256 * 2 ** 20;

/**
 * A tar of images, gzipped or not. It is read once to see what is in it, and once more for the contents; nothing is
 * written to disk. Of several entries with one path the last counts, as when unpacking.
 *
 * @param onFound called now and then with the number of files seen so far
 * @throws UserError where it is no tar, damaged or cut short
 */
export async function openArchive(
  where: string,
  onFound?: (files: number) => void,
  signal?: AbortSignal,
): Promise<Source> {
  const ordinals = new Map<string, number>();
  let unusable = 0;
  for await (const entry of tarEntries(where, signal)) {
    if (isHidden(entry.path)) continue;
    if (entry.usable) ordinals.set(entry.path, entry.ordinal);
    else if (isImage(entry.path)) unusable++;
    if (ordinals.size % 1000 === 0) onFound?.(ordinals.size);
  }
  const source = sourceOf(archiveName(where), where, [...ordinals.keys()]);
  const left = unusable > 0 ? [`${unusable} left out of the archive, being links or of unsafe names`] : [];
  return {
    ...source,
    notes: [...source.notes, ...left],
    async *contents(wanted, contentsSignal) {
      const index = new Map(wanted.map((path, i) => [ordinals.get(path), i]));
      let missing = wanted.length;
      if (missing === 0) return;
      for await (const entry of tarEntries(where, contentsSignal)) {
        const i = index.get(entry.ordinal);
        if (i === undefined) continue;
        if (entry.size > MAX_ENTRY) yield { index: i, reason: `larger than ${MAX_ENTRY / 2 ** 20} MiB` };
        else yield { index: i, input: await entry.read() };
        if (--missing === 0) return;
      }
    },
  };
}

/** A file's name without `.tar`, `.tar.gz` or `.tgz`. */
export function archiveName(where: string): string {
  return basename(where).replace(/\.(tar|tar\.gz|tgz)$/i, '');
}
