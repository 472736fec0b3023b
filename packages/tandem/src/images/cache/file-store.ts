import { writeSync } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PixelFile } from '../set/pixel-file.js';
import type { Store } from '../set/store.js';
import { checkRoom } from './disk-space.js';
import { type Manifest, readManifest, writeManifest } from './manifest.js';

/**
 * Bytes after which the disk is told to write, while decoding goes on: left to the end, all would
 * wait for it.
 */
const SYNC_EVERY = 2 ** 24;

/** What is known of a cache before its images are. */
export type Begun = Pick<Manifest, 'source' | 'hash' | 'pixels' | 'count' | 'channels' | 'side'> & {
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
export async function fileStore({ folder, ...begun }: Begun): Promise<Store> {
  const stride = begun.channels * begun.side ** 2;
  const bytes = begun.count * stride;
  const path = join(folder, begun.pixels);
  await checkRoom(folder, bytes);
  const file = await open(path, 'wx');
  await file.truncate(bytes);
  const image = new Uint8Array(stride);
  let unsynced = 0;
  let syncing: Promise<void> | undefined;
  return {
    write(place, fill) {
      fill(image, 0);
      // At once: the system only copies it, in less time than handing it to another thread and back
      // takes. A disk that is nearly full takes part of it.
      for (let done = 0; done < stride; ) done += writeSync(file.fd, image, done, stride - done, place * stride + done);
      unsynced += stride;
      if (unsynced < SYNC_EVERY || syncing) return;
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
      if (!(await stat(path).catch(() => undefined))) throw new Superseded(`${path} is gone`);
      const { skipped, side, kept } = outcome;
      const there = new Set(kept);
      const missing = Array.from({ length: begun.count }, (_, i) => i).filter((i) => !there.has(i));
      const before = await readManifest(folder);
      const manifest: Manifest = { format: 1, ...begun, side, bytes, missing, skipped };
      await writeManifest(folder, manifest);
      // who has it open can still read it
      if (before) await rm(join(folder, before.pixels), { force: true });
      return { ...outcome, pixels: PixelFile.open(path, stride, Uint32Array.from(kept)) };
    },
  };
}
