import { randomUUID } from 'node:crypto';
import { constants, copyFileSync, linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readRegular } from './regular.js';
import { named } from './system-error.js';

// A lock is a file that is there while something is held; its text says by whom. Who still holds
// one is for those to say who write the text: a process that lives (`lock-folder.ts`), or one that
// touches the file now and then (`with-lock.ts`).

/**
 * Takes a lock, unless another holds it. The lock of one that is gone counts for nothing; of
 * several that find it at once, one takes it.
 *
 * @param text says who takes it
 * @param isHeld whether the one who wrote this text still holds the lock
 * @returns the text of the one who holds it; undefined where it was taken
 */
export function takeLock(path: string, text: string, isHeld: (text: string) => boolean): string | undefined {
  const mine = `${path}.${randomUUID()}.${process.pid}.tmp`;
  try {
    writeFileSync(mine, text);
    while (!putInPlace(mine, path)) {
      const other = readLock(path);
      if (other !== undefined && isHeld(other)) return other;
      takeAway(path, other);
    }
    return undefined;
  } catch (error) {
    throw named(error, path); // a name that users know
  } finally {
    rmSync(mine, { force: true });
  }
}

/** The text of a lock; undefined where there is none. */
export function readLock(path: string): string | undefined {
  try {
    return readRegular(path).toString();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Gives a lock back; another's, who took it over, stays. */
export function releaseLock(path: string, text: string): void {
  if (readLock(path) === text) rmSync(path, { force: true });
}

/** Whole at once, and not where there is one already: of two that try, one succeeds. */
function putInPlace(mine: string, path: string): boolean {
  try {
    linkSync(mine, path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw error;
    return copyInPlace(mine, path); // the file system has no hard links
  }
  return true;
}

function copyInPlace(mine: string, path: string): boolean {
  try {
    copyFileSync(mine, path, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes the lock of one that is gone away, unless another one has replaced it meanwhile. */
function takeAway(path: string, text: string | undefined): void {
  const aside = `${path}.${randomUUID()}.${process.pid}.stale.tmp`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // another one was faster
    throw error;
  }
  const moved = readLock(aside);
  if (moved !== text && moved !== undefined) putInPlace(aside, path); // it was a living one's
  rmSync(aside, { force: true });
}
