import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../errors.js';

interface Holder {
  readonly pid: number;
  /** Tells a process from a later one with its number; empty where the system does not say. */
  readonly started: string;
  readonly host: string;
}

/** This process is the only one that works in a folder. */
export interface FolderLock {
  /**
   * Makes sure that it still is: a lock that was taken away by hand is put back.
   * @throws UserError when another process has it now
   */
  confirm(): void;
  release(): void;
}

/**
 * Makes this process the only one that works in a folder, by a file `lock` in it. The lock of a
 * process that is gone counts for nothing.
 * @param being what is done to the folder, for the message
 * @throws UserError when another process has it
 */
export function lockFolder(folder: string, being: 'trained' | 'written'): FolderLock {
  const own: Holder = { pid: process.pid, started: startOf(process.pid), host: hostname() };
  const isOwn = () => {
    const holder = parse(readText(join(folder, 'lock')));
    return holder?.pid === own.pid && holder.started === own.started && holder.host === own.host;
  };
  acquire(folder, own, being);
  return {
    confirm: () => isOwn() || acquire(folder, own, being),
    release: () => isOwn() && rmSync(join(folder, 'lock'), { force: true }),
  };
}

function acquire(folder: string, own: Holder, being: string): void {
  const lock = join(folder, 'lock');
  const mine = `${lock}.${process.pid}.tmp`;
  try {
    writeFileSync(mine, JSON.stringify(own));
    while (!placed(mine, lock)) {
      const text = readText(lock);
      const holder = parse(text);
      if (holder && isAlive(holder)) throw taken(folder, holder, being);
      putAside(lock, text);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Whole at once, and not where there is one already: of two that try, one succeeds. */
function placed(mine: string, lock: string): boolean {
  try {
    linkSync(mine, lock);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw error;
    return copied(mine, lock); // the file system has no hard links
  }
  return true;
}

function copied(mine: string, lock: string): boolean {
  try {
    copyFileSync(mine, lock, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes a dead process's lock away, unless another one has replaced it meanwhile. */
function putAside(lock: string, text: string | undefined): void {
  const aside = `${lock}.${process.pid}.stale.tmp`;
  try {
    renameSync(lock, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // another one was faster
    throw error;
  }
  const moved = readText(aside);
  if (moved !== text && moved !== undefined) placed(aside, lock); // it was a living one's
  rmSync(aside, { force: true });
}

function taken(folder: string, { pid, host }: Holder, being: string): UserError {
  const where =
    host === hostname()
      ? `process ${pid}`
      : `process ${pid} on ${host}; if that machine is gone, remove ${join(folder, 'lock')}`;
  return new UserError(`${folder} is being ${being} by ${where}`);
}

function isAlive({ pid, started, host }: Holder): boolean {
  if (host !== hostname()) return true; // nobody here can tell
  if (pid !== process.pid && !isRunning(pid)) return false;
  return started === startOf(pid);
}

/** Whether there is a process of this number, dead ones that nobody has collected included. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'; // it may be another user's
  }
}

/**
 * When a process began, in the kernel's ticks since the machine did; empty where the system does
 * not say, `dead` for one that nobody has collected.
 */
function startOf(pid: number): string {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
  // The name, in brackets, may hold anything; after it the state comes first, the start is the 20th
  // field.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? 'dead' : (fields[19] ?? '');
}

/** Undefined where there is none. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(text: string | undefined): Holder | undefined {
  try {
    const { pid, started, host } = JSON.parse(text ?? '') as Holder;
    return Number.isSafeInteger(pid) && pid > 0 && typeof started === 'string' && typeof host === 'string'
      ? { pid, started, host }
      : undefined;
  } catch {
    return undefined; // its writer died in the middle
  }
}
