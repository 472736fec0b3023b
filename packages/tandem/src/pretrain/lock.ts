import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../errors.js';

interface Holder {
  readonly pid: number;
  /** Tells a process from a later one with its number; empty where the system does not say. */
  readonly started: string;
  readonly host: string;
}

/**
 * Makes this process the only one that trains in a run folder, by a file `lock` in it. The lock of a process that is gone counts for nothing.
 * @returns what gives it back
 * @throws UserError when another process has it
 */
export function lockRun(runFolder: string): () => void {
  const lock = join(runFolder, 'lock');
  const own: Holder = { pid: process.pid, started: startOf(process.pid), host: hostname() };
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(own));
  try {
    for (;;) {
      try {
        linkSync(mine, lock); // fails where there is one: of two that try, one succeeds
        return () => release(lock, own);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const text = readText(lock);
      const holder = parse(text);
      if (holder && isAlive(holder)) throw taken(runFolder, holder);
      putAside(lock, text);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Takes a dead process's lock away, unless another one has replaced it meanwhile. */
function putAside(lock: string, text: string | undefined): void {
  const aside = `${lock}.${process.pid}.stale`;
  try {
    renameSync(lock, aside);
  } catch {
    return; // another one was faster
  }
  const moved = readText(aside);
  if (moved !== text && moved !== undefined) {
    try {
      linkSync(aside, lock); // it was a living one's
    } catch {
      // and there is one again
    }
  }
  rmSync(aside, { force: true });
}

function release(lock: string, own: Holder): void {
  const holder = parse(readText(lock));
  if (holder?.pid === own.pid && holder.started === own.started) rmSync(lock, { force: true });
}

function taken(runFolder: string, { pid, host }: Holder): UserError {
  const where =
    host === hostname()
      ? `process ${pid}`
      : `process ${pid} on ${host}; if that machine is gone, remove ${join(runFolder, 'lock')}`;
  return new UserError(`${runFolder} is being trained by ${where}`);
}

function isAlive({ pid, started, host }: Holder): boolean {
  if (host !== hostname()) return true; // nobody here can tell
  if (pid === process.pid) return started === startOf(pid);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return started === startOf(pid);
}

/** When a process began, in the kernel's ticks since the machine did. */
function startOf(pid: number): string {
  const text = readText(`/proc/${pid}/stat`) ?? '';
  // The name, in brackets, may hold anything; the start is the 20th field after it.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
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
