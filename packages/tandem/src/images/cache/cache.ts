import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, realpath, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { UserError } from '../errors.js';
import type { Skipped } from './imageset.js';
import { withLock } from './lock.js';
import { PixelFile } from './pixels.js';
import { withSeveral } from './several.js';
import type { NewStore, Store, Stored } from './store.js';

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
  readonly origins: readonly string[];
  readonly onWait?: () => void;
  readonly signal?: AbortSignal | undefined;
}

/** What stands in manifest.json, beside the file of pixels. */
interface Manifest {
  readonly format: 1;
  readonly source: string;
  /** Of the names of all images, and of the origins' sizes and times of change. */
  readonly hash: string;
  readonly pixels: string;
  readonly count: number;
  readonly channels: number;
  readonly side: number;
  readonly bytes: number;
  /** The places that hold no image. */
  readonly missing: readonly number[];
  readonly skipped: readonly Skipped[];
}

const MANIFEST = 'manifest.json';
/** Bytes after which the disk is told to write, while decoding goes on: left to the end, all would wait for it. */
const SYNC_EVERY = 2 ** 24;
/** Unfinished files that nobody has written to for so long, in milliseconds, are a dead run's. */
const ABANDONED = 5 * 60_000;

/**
 * The images of a cache; where there is none, or what it was made of has changed, they are built first. Of two runs that
 * want the same images at once, one builds and the other waits. Pixels are written under a name of their own, and the
 * manifest that names them is put in place last, so that a run that dies leaves nothing that is believed.
 *
 * @param build decodes the images, into the store it is given
 * @throws UserError where the folder cannot be written, the disk is full, or the cache would lie among the images
 */
export async function cached(wanted: Cacheable, build: (newStore: NewStore) => Promise<Stored>): Promise<Stored> {
  const { name, where, key, onWait, signal } = wanted;
  const source = await realpath(where).catch(() => where);
  const folder = join(wanted.folder, `${name.replace(/[^\w.-]/g, '_')}-${hashOf([source, key]).slice(0, 16)}`);
  await checkPlace(wanted.folder, source);
  try {
    await mkdir(folder, { recursive: true });
    const hash = await stampOf(wanted);
    const valid = () => readCache(folder, hash);
    return (
      (await valid()) ??
      (await withLock(
        join(folder, 'lock'),
        async () => (await valid()) ?? (await rebuilt(folder, source, hash, build)),
        {
          onWait,
          signal,
        },
      ))
    );
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
  await removeOld(folder);
  return build((count, channels, side) => {
    return fileStore({ folder, source, hash, pixels: `${randomUUID()}.pixels`, count, channels, side });
  });
}

type Begun = Pick<Manifest, 'source' | 'hash' | 'pixels' | 'count' | 'channels' | 'side'> & { readonly folder: string };

async function fileStore({ folder, ...begun }: Begun): Promise<Store> {
  const stride = begun.channels * begun.side ** 2;
  const bytes = begun.count * stride;
  const path = join(folder, begun.pixels);
  await checkRoom(folder, bytes);
  const file = await open(path, 'wx');
  await file.truncate(bytes);
  const free: Uint8Array[] = [];
  let unsynced = 0;
  let syncing: Promise<void> | undefined;
  return {
    async write(place, fill) {
      const image = free.pop() ?? new Uint8Array(stride);
      fill(image, 0);
      await file.write(image, 0, stride, place * stride);
      free.push(image);
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
      const { skipped, side, kept } = outcome;
      const there = new Set(kept);
      const missing = Array.from({ length: begun.count }, (_, i) => i).filter((i) => !there.has(i));
      const before = await readManifest(folder);
      const manifest: Manifest = { format: 1, ...begun, side, bytes, missing, skipped };
      await replace(join(folder, MANIFEST), `${path}.json`, `${JSON.stringify(manifest, null, 1)}\n`);
      if (before) await rm(join(folder, before.pixels), { force: true }); // who has it open can still read it
      return { ...outcome, pixels: PixelFile.open(path, stride, Uint32Array.from(kept)) };
    },
  };
}

/** A file is whole at any moment: it is written beside, and put in place when it has reached the disk. */
async function replace(path: string, beside: string, text: string): Promise<void> {
  const file = await open(beside, 'wx');
  await file.writeFile(text);
  await file.sync();
  await file.close();
  await rename(beside, path);
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

/** Undefined where it is absent, damaged or of another make: the cache is made anew. */
async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as Manifest;
    return manifest.format === 1 && /^[\w-]+\.pixels$/.test(manifest.pixels) ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** What runs that died left unfinished. */
async function removeOld(folder: string): Promise<void> {
  const manifest = await readManifest(folder);
  for (const name of await readdir(folder)) {
    if (!name.includes('.pixels') || name === manifest?.pixels) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > ABANDONED) await rm(path, { force: true });
  }
}

/** One number for the state of all origins: any file added, removed, changed or replaced gives another. */
async function stampOf({ files, origins, signal }: Cacheable): Promise<string> {
  const lines: string[] = new Array(origins.length);
  await withSeveral(origins.entries(), 32, async ([i, path]) => {
    signal?.throwIfAborted();
    const found = await stat(path).catch(() => undefined);
    lines[i] = `${path}\0${found?.size}\0${found?.mtimeMs}`;
  });
  return hashOf([files, lines]);
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** What is built must not be found as images the next time. */
async function checkPlace(folder: string, source: string): Promise<void> {
  let below = '';
  for (let there = resolve(folder); ; there = dirname(there)) {
    const real = await realpath(there).catch(() => undefined);
    if (real !== undefined) {
      if (!(join(real, below) + sep).startsWith(source + sep)) return;
      throw new UserError(`the cache folder ${folder} lies among the images, in ${source}: set cache=<another folder>`);
    }
    below = join(basename(there), below);
  }
}

async function checkRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes) return;
  throw new UserError(
    `${folder}: the decoded images take ${gigabytes(bytes)}, but only ${gigabytes(free)} are free there: set cache=<another folder>`,
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

function explain(folder: string, error: unknown): unknown {
  const { code, path } = error as NodeJS.ErrnoException;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  if (error instanceof UserError || !(isFull || path?.startsWith(folder))) return error;
  return new UserError(`the cache ${path ?? folder} cannot be written (${code}): set cache=<another folder>`, {
    cause: error,
  });
}
