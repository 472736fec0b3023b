import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isHeld, withLock } from '../../files/with-lock.js';
import { readManifest } from './manifest.js';

// Orphans are files of pixels that no manifest names: of builds that died, or still run.

/** What a set's folder is called at the end: the hash of its key. */
const cachedFolder = /-[0-9a-f]{16}$/;
/** Pixels, and the manifest that is written beside them before it is put in place. */
const pixels = /^[\w-]+\.pixels(\.json)?$/;

/** The lock file of a folder of the cache. */
export function lockOf(folder: string): string {
  return join(folder, 'lock');
}

async function orphansOf(folder: string): Promise<string[]> {
  const manifest = await readManifest(folder);
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => pixels.test(name) && name !== manifest?.pixels);
}

/**
 * Removes the orphans of a set's folder. Whoever holds the folder's lock calls this: a build that
 * lives, but slept for so long that its lock was taken over, finds its file gone when it ends (see
 * `fileStore`).
 */
export async function removeOrphans(folder: string): Promise<void> {
  for (const name of await orphansOf(folder)) await rm(join(folder, name), { force: true });
}

/** The same where nobody holds the lock. A cache that may only be read serves as well. */
export async function removeOrphansUnlessLocked(folder: string): Promise<void> {
  if ((await orphansOf(folder)).length === 0 || isHeld(lockOf(folder))) return;
  await withLock(lockOf(folder), () => removeOrphans(folder)).catch(() => {});
}

/**
 * The same in all folders of a cache: who builds another set, or this one at another size, may need
 * the space.
 */
export async function removeOrphansIn(cache: string): Promise<void> {
  const names = await readdir(cache).catch(() => []);
  for (const name of names) if (cachedFolder.test(name)) await removeOrphansUnlessLocked(join(cache, name));
}
