import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { readRegular } from '../../files/regular.js';
import { syncFolder } from '../../files/sync.js';
import type { SkippedFile } from '../set/image-set.js';

/** What stands in manifest.json, beside the file of pixels. */
export interface Manifest {
  readonly format: 1;
  readonly source: string;
  /** Of the names of all images, and of the origins' sizes and times of change. */
  readonly hash: string;
  readonly pixels: string;
  readonly count: number;
  readonly channels: number;
  /** Bits of a sample, where they are not 8. */
  readonly depth?: 16 | undefined;
  readonly side: number;
  readonly bytes: number;
  /**
   * When the pixels were last written, in milliseconds; earlier versions did not say. Pixels that
   * somebody wrote to since are not believed.
   */
  readonly modified?: number;
  /** The indices that hold no image. */
  readonly missing: readonly number[];
  readonly skipped: readonly SkippedFile[];
}

const manifestName = 'manifest.json';

/** Undefined where it is absent, damaged or of another make: the cache is made anew. */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    const manifest = JSON.parse(readRegular(join(folder, manifestName)).toString()) as Manifest;
    return manifest.format === 1 && /^[\w-]+\.pixels$/.test(manifest.pixels) ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Puts a manifest in a cache's folder. It is whole at any moment: it is written beside, and put in
 * place when it has reached the disk.
 */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const beside = join(folder, `${manifest.pixels}.json`);
  const file = await open(beside, 'wx');
  await file.writeFile(`${JSON.stringify(manifest, null, 1)}\n`);
  await file.sync();
  await file.close();
  await rename(beside, join(folder, manifestName));
  syncFolder(folder);
}
