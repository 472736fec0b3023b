import { randomUUID } from 'node:crypto';
import { mkdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { withSeveral } from '../decode/concurrency.js';
import { digestOf, jsonOf } from '../set/digest.js';
import { PixelFile } from '../set/pixel-file.js';
import type { NewStore, Stored } from '../set/store.js';
import type { FilePath } from '../sources/listing.js';
import { lockOf, removeLeft, tidy, tidyAll } from './cleanup.js';
import { checkPlace, explain } from './disk-space.js';
import { fileStore, Superseded } from './file-store.js';
import { withLock } from './lock.js';
import { readManifest } from './manifest.js';

/** What is cached. */
export interface Cacheable {
  /** Where caches lie; each set of images has a folder of its own in it. */
  readonly folder: string;
  /** What the images are called, for people who look into the folder. */
  readonly name: string;
  /** The folder or archive that the images come from. */
  readonly where: string;
  /** What, beside the place, makes other pixels: the size, which files, ... */
  readonly key: object;
  /** The images, in order. */
  readonly files: readonly string[];
  /** The files on disk whose change makes the cache useless. */
  readonly origins: readonly FilePath[];
  readonly onWait?: () => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The images of a cache; where there is none, or what it was made of has changed, they are built
 * first. Of two runs that want the same images at once, one builds and the other waits. Pixels are
 * written under a name of their own, and the manifest that names them is put in place last, so that
 * a run that dies leaves nothing that is believed; what it left is removed by the next that builds
 * or reads.
 *
 * @param build decodes the images, into the store it is given
 * @throws UserError where the folder cannot be written, the disk is full, or the cache would lie
 * among the images
 */
export async function cached(wanted: Cacheable, build: (newStore: NewStore) => Promise<Stored>): Promise<Stored> {
  const { name, where, key, onWait, signal } = wanted;
  const source = await realpath(where).catch(() => where);
  const folder = join(
    wanted.folder,
    `${name.replace(/[^\w.-]/g, '_')}-${digestOf([JSON.stringify([source, key])]).slice(0, 16)}`,
  );
  await checkPlace(wanted.folder, source);
  try {
    await mkdir(folder, { recursive: true });
    const hash = await stampOf(wanted);
    const valid = () => readCache(folder, hash);
    const found = await valid();
    if (found) {
      await tidy(folder);
      return found;
    }
    await tidyAll(wanted.folder);
    const made = async () => (await valid()) ?? (await rebuilt(folder, source, hash, build));
    for (;;) {
      try {
        return await withLock(lockOf(folder), made, { onWait, signal });
      } catch (error) {
        if (!(error instanceof Superseded)) throw error;
      }
    }
  } catch (error) {
    throw explain(wanted.folder, error);
  }
}

async function rebuilt(
  folder: string,
  source: string,
  hash: string,
  build: (newStore: NewStore) => Promise<Stored>,
): Promise<Stored> {
  await removeLeft(folder);
  return build((count, channels, side) => {
    return fileStore({ folder, source, hash, pixels: `${randomUUID()}.pixels`, count, channels, side });
  });
}

async function readCache(folder: string, hash: string): Promise<Stored | undefined> {
  const manifest = await readManifest(folder);
  if (manifest?.hash !== hash) return undefined;
  const { pixels, count, channels, side, bytes, missing, skipped } = manifest;
  const path = join(folder, pixels);
  const found = await stat(path).catch(() => undefined);
  if (found?.size !== bytes) return undefined;
  const gone = new Set(missing);
  const kept = Array.from({ length: count }, (_, i) => i).filter((i) => !gone.has(i));
  return { side, kept, skipped, pixels: PixelFile.open(path, channels * side ** 2, Uint32Array.from(kept)) };
}

/**
 * One number for the state of all origins: any file added, removed, changed or replaced gives
 * another.
 */
async function stampOf({ files, origins, signal }: Cacheable): Promise<string> {
  const lines: string[] = new Array(origins.length);
  await withSeveral(origins.entries(), 32, async ([i, path]) => {
    signal?.throwIfAborted();
    const found = await stat(path).catch(() => undefined);
    lines[i] = `${path}\0${found?.size}\0${found?.mtimeMs}`;
  });
  return digestOf(jsonOf([files, lines]));
}
