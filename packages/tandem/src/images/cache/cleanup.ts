import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isHeld, withLock } from './lock.js';
import { readManifest } from './manifest.js';

/** What a folder of a cache is called at the end: the hash of what it is of. */
const FOLDER = /-[0-9a-f]{16}$/;
/** Pixels, and the manifest that is written beside them before it is put in place. */
const PIXELS = /^[\w-]+\.pixels(\.json)?$/;

export function lockOf(folder: string): string {
  return join(folder, 'lock');
}

/** The files of pixels that no manifest names: of builds that died, or go on. */
async function unnamed(folder: string): Promise<string[]> {
  const manifest = await readManifest(folder);
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => PIXELS.test(name) && name !== manifest?.pixels);
}

/**
 * Removes what builds that died left in a folder of a cache. Whoever holds the folder's lock calls
 * this: a build that lives, but slept for so long that its lock was taken over, finds its file gone
 * when it ends (see `fileStore`).
 */
export async function removeLeft(folder: string): Promise<void> {
  for (const name of await unnamed(folder)) await rm(join(folder, name), { force: true });
}

/** The same where nobody holds the lock. A cache that may only be read serves as well. */
export async function tidy(folder: string): Promise<void> {
  if ((await unnamed(folder)).length === 0 || (await isHeld(lockOf(folder)))) return;
  await withLock(lockOf(folder), () => removeLeft(folder)).catch(() => {});
}

/**
 * The same in all folders of a cache: who builds another set, or this one at another size, may need
 * the room.
 */
export async function tidyAll(cache: string): Promise<void> {
  const names = await readdir(cache).catch(() => []);
  for (const name of names) if (FOLDER.test(name)) await tidy(join(cache, name));
}
