/**
 * Sets of pixels on disk, for those that are too many for the memory. Callers come in by `cached`
 * alone: they give a key and a function that builds, and get a stored set back. Only this room
 * knows that a set is a folder with a lock, a manifest and a file of pixels. It does not know what
 * is decoded, or how.
 */

import { randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../files/make-folder.js';
import { withLock } from '../../files/with-lock.js';
import { stateOf } from '../file-state.js';
import { digestOf, jsonOf } from '../set/digest.js';
import type { PixelFile } from '../set/pixel-file.js';
import type { NewStore, Stored } from '../set/store.js';
import type { FilePath } from '../sources/listing.js';
import { cacheHome } from './cache-home.js';
import { lockOf, removeOrphans, removeOrphansIn, removeOrphansUnlessLocked } from './cleanup.js';
import { writing } from './disk-space.js';
import { fileStore, readSet, Superseded } from './file-store.js';

/** What a stored set is of. The same key gives the same pixels as long as no origin changes. */
export interface CacheKey {
  /** What the images are called, for people who look into the cache. */
  readonly name: string;
  /** The folder or archive that the images come from. */
  readonly where: string;
  /** What else makes other pixels: the size, which files, ... */
  readonly settings: object;
  /** The images, in order. */
  readonly files: readonly string[];
  /** The files on disk whose change makes the stored set useless. */
  readonly origins: readonly FilePath[];
  /** What tells these images from others of their names, where they lie in no files. */
  readonly state?: string | undefined;
}

/** Where sets are stored, and how waiting for one is followed and stopped. */
export interface CacheOptions {
  /** Holds a folder for each set; default `tandem/images` in the user's cache. */
  readonly cache?: string | undefined;
  /** Called twice a second while another process builds the same set. */
  readonly onWait?: () => void;
  /** Stops the wait and the work. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The stored set of a key; where there is none, or what it was made of has changed, it is built
 * first. Of two runs that want the same set at once, one builds and the other waits. Pixels are
 * written under a name of their own, and the manifest that names them is put in place last, so that
 * a run that dies leaves nothing that is believed; what it left is removed by the next that builds
 * or reads.
 *
 * @param build decodes the images, into the store it is given
 * @throws UserError where the cache cannot be written, the disk is full, or the cache would lie
 * among the images
 */
export async function cached(
  key: CacheKey,
  build: (newStore: NewStore<PixelFile>) => Promise<Stored<PixelFile>>,
  { cache = join(cacheHome(), 'images'), onWait, signal }: CacheOptions = {},
): Promise<Stored<PixelFile>> {
  const source = await realpath(key.where).catch(() => key.where);
  return writing(cache, source, async () => {
    const folder = join(cache, folderName(key, source));
    makeFolder(folder);
    const hash = await hashOf(key, signal);
    const stored = await readSet(folder, hash);
    if (stored) {
      await removeOrphansUnlessLocked(folder);
      return stored;
    }
    await removeOrphansIn(cache);
    const readOrBuild = async () => {
      const built = await readSet(folder, hash);
      if (built) return built;
      await removeOrphans(folder);
      return build((count, format, side) =>
        fileStore({ folder, source, hash, pixels: `${randomUUID()}.pixels`, count, ...format, side }),
      );
    };
    for (;;) {
      try {
        return await withLock(lockOf(folder), readOrBuild, { onWait, signal });
      } catch (error) {
        if (!(error instanceof Superseded)) throw error;
      }
    }
  });
}

function folderName({ name, settings }: CacheKey, source: string): string {
  const digest = digestOf([JSON.stringify([source, settings])]).slice(0, 16);
  return `${name.replace(/[^\w.-]/g, '_')}-${digest}`;
}

/**
 * One hash for the state of all origins: any file added, removed, changed or replaced gives
 * another.
 */
async function hashOf({ files, origins, state }: CacheKey, signal: AbortSignal | undefined): Promise<string> {
  return digestOf(jsonOf([files, await stateOf(origins, signal), ...(state === undefined ? [] : [[state]])]));
}
