import { createHash } from 'node:crypto';
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { shownBytes, UserError } from '../../../errors.js';
import { makeFolder } from '../../../files/make-folder.js';
import { withLock } from '../../../files/with-lock.js';
import { cacheHome } from '../../cache/cache-home.js';
import { download } from './download.js';
import type { Receiving } from './receive.js';
import type { Remote } from './remote.js';

/** Bytes of remote files that are kept on disk unless it is said otherwise. */
export const usualBytes = 10 * 2 ** 30;

/** Where remote files are kept. @param cache what the user gave for caches */
export function remoteHome(cache?: string): string {
  return join(cache ?? cacheHome(), 'remote');
}

/** A remote file on disk that stays there until it is released. */
export interface HeldFile {
  readonly path: string;
  release(): void;
  /** Removes it: it is not what it should be. */
  forget(): Promise<void>;
}

/**
 * Remote files on disk, no more of them than there may be: the longest unused go first, and those
 * that are held stay. Each lies in a folder of its own under its own name; a file that changes is
 * another one.
 */
export class RemoteFiles {
  readonly #folder: string;
  readonly #held = new Map<string, { holders: number; size: number }>();

  /** @param most bytes that may lie there, of all processes together */
  constructor(
    folder: string,
    readonly most: number,
  ) {
    this.#folder = folder;
  }

  /**
   * A file, fetched first where it is not there.
   *
   * @param takes bytes of disk that it takes while it is held, with what is made of it
   * @throws NoAnswer, Changed; UserError for the disk
   */
  async hold(remote: Remote, how: Receiving = {}, takes = remote.size): Promise<HeldFile> {
    const { place, size, version } = remote;
    if (size > this.most) {
      throw new UserError(
        `${place}: ${shownBytes(size)}, more than the ${shownBytes(this.most)} that may be kept on disk; give streamCache=<GiB>, or smaller shards`,
      );
    }
    const folder = join(this.#folder, digestOf(`${place}\0${version}\0${size}`));
    const path = join(folder, nameOf(place));
    const entry = this.#held.get(folder) ?? { holders: 0, size: takes };
    this.#held.set(folder, entry);
    entry.holders++;
    const release = () => {
      if (--entry.holders === 0) this.#held.delete(folder);
    };
    try {
      makeFolder(folder);
      await withLock(join(folder, 'lock'), () => this.#fetch(remote, path, how), { signal: how.signal });
      return { path, release, forget: () => rm(folder, { recursive: true, force: true }) };
    } catch (error) {
      release();
      throw written(error, this.#folder);
    }
  }

  async #fetch(remote: Remote, path: string, how: Receiving): Promise<void> {
    const there = await stat(path).catch(() => undefined);
    const now = new Date();
    if (there?.size === remote.size) return utimes(path, now, now);
    await this.#makeRoom();
    await download(remote, path, how);
  }

  /** Removes the longest unused until all that is held fits, also what still comes. */
  async #makeRoom(): Promise<void> {
    const free = (await this.#listed()).filter(({ folder }) => !this.#held.has(folder));
    const held = [...this.#held.values()].reduce((sum, { size }) => sum + size, 0);
    let left = free.reduce((sum, { size }) => sum + size, held);
    for (const { folder, size } of free.sort((a, b) => a.used - b.used)) {
      if (left <= this.most) return;
      if (this.#held.has(folder)) continue; // since then
      await rm(folder, { recursive: true, force: true });
      left -= size;
    }
  }

  async #listed(): Promise<{ folder: string; size: number; used: number }[]> {
    const names = (await readdir(this.#folder).catch(() => [])).filter((name) => /^[0-9a-f]{24}$/.test(name));
    return Promise.all(
      names.map(async (name) => {
        const folder = join(this.#folder, name);
        const files = await readdir(folder).catch(() => []);
        const states = await Promise.all(files.map((file) => stat(join(folder, file)).catch(() => undefined)));
        return {
          folder,
          size: states.reduce((sum, state) => sum + (state?.size ?? 0), 0),
          used: states.reduce((last, state) => Math.max(last, state?.mtimeMs ?? 0), 0),
        };
      }),
    );
  }
}

/** What the disk refuses, in the user's words. */
function written(error: unknown, folder: string): unknown {
  const { code, path } = error as NodeJS.ErrnoException;
  const isDisk = code === 'ENOSPC' || code === 'EDQUOT' || path?.startsWith(folder);
  return isDisk
    ? new UserError(`${folder} cannot be written (${code}): make room, or give another folder as cache=<folder>`, {
        cause: error,
      })
    : error;
}

/** The last part of an address, as it may be a file's name. */
export function nameOf(place: string): string {
  const last = basename(new URL(place).pathname);
  const name = decoded(last).replace(/[^\w.+-]/g, '_');
  return name === '' || name === 'lock' || name.startsWith('.') ? `file${name}` : name;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}
