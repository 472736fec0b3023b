import { writeSync } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pixelBytes } from '../set/image-set.js';
import { PixelFile } from '../set/pixel-file.js';
import type { Store, Stored } from '../set/store.js';
import { checkSpace } from './disk-space.js';
import { type Manifest, readManifest, writeManifest } from './manifest.js';

/**
 * Bytes after which the disk is told to write, while decoding continues: left to the end, all would
 * wait for it.
 */
const syncEvery = 2 ** 24;

/** Disks tell times apart to so many milliseconds at least. */
const coarsest = 10;

/** What is known of a stored set before its images are. */
export type NewSet = Pick<Manifest, 'source' | 'hash' | 'pixels' | 'count' | 'channels' | 'depth' | 'side'> & {
  readonly folder: string;
};

/**
 * The file was removed while it was written: another process, which thought this one dead, builds
 * in its place.
 */
export class Superseded extends Error {}

/**
 * A store that writes its images to a new file of a cache, and at the end the manifest that names
 * it.
 * @throws Superseded at the end, where the file is gone
 */
export async function fileStore({ folder, ...set }: NewSet): Promise<Store<PixelFile>> {
  const format = { channels: set.channels, ...(set.depth && { depth: set.depth }) };
  const stride = pixelBytes(format) * set.side ** 2;
  const bytes = set.count * stride;
  const path = join(folder, set.pixels);
  await checkSpace(folder, bytes);
  const file = await open(path, 'wx');
  await file.truncate(bytes);
  const image = new Uint8Array(stride);
  let unsynced = 0;
  let syncing: Promise<void> | undefined;
  return {
    write(index, fill) {
      fill(image, 0);
      // At once: the system only copies it, in less time than handing it to another thread and back
      // takes. A disk that is nearly full takes part of it.
      for (let done = 0; done < stride; ) done += writeSync(file.fd, image, done, stride - done, index * stride + done);
      unsynced += stride;
      if (unsynced < syncEvery || syncing) return;
      unsynced = 0;
      syncing = file.datasync().finally(() => {
        syncing = undefined;
      });
      syncing.catch(() => {}); // what failed fails again at the end
    },
    async discard() {
      await syncing?.catch(() => {});
      await file.close();
      await rm(path, { force: true });
    },
    async finish(outcome) {
      await syncing;
      await file.sync();
      await file.close();
      const written = await stat(path).catch(() => undefined);
      if (!written) throw new Superseded(`${path} is gone`);
      const { skipped, side, kept } = outcome;
      const there = new Set(kept);
      const missing = Array.from({ length: set.count }, (_, i) => i).filter((i) => !there.has(i));
      const before = await readManifest(folder);
      const modified = written.mtimeMs;
      const manifest: Manifest = { format: 1, ...set, side, bytes, modified, missing, skipped };
      await writeManifest(folder, manifest);
      // who has it open can still read it
      if (before) await rm(join(folder, before.pixels), { force: true });
      return { ...outcome, format, pixels: PixelFile.open(path, stride, Uint32Array.from(kept)) };
    },
  };
}

/** The set in a folder; undefined where there is none of this hash, or its pixels are not whole. */
export async function readSet(folder: string, hash: string): Promise<Stored<PixelFile> | undefined> {
  const manifest = await readManifest(folder);
  if (manifest?.hash !== hash) return undefined;
  const { pixels, count, channels, depth, side, bytes, modified, missing, skipped } = manifest;
  const format = { channels, ...(depth && { depth }) };
  const path = join(folder, pixels);
  const file = await stat(path).catch(() => undefined);
  if (file?.size !== bytes) return undefined;
  if (modified !== undefined && Math.abs(file.mtimeMs - modified) > coarsest) return undefined;
  const absent = new Set(missing);
  const kept = Array.from({ length: count }, (_, i) => i).filter((i) => !absent.has(i));
  const stride = pixelBytes(format) * side ** 2;
  return { side, format, kept, skipped, pixels: PixelFile.open(path, stride, Uint32Array.from(kept)) };
}
