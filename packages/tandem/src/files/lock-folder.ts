import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { readLock, releaseLock, takeLock } from './lock-file.js';
import { isRunning } from './process.js';

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
  const lock = join(folder, 'lock');
  const text = ownText();
  const acquire = () => {
    const holder = parse(takeLock(lock, text, (other) => isAlive(parse(other))));
    if (holder) throw taken(folder, holder, being);
  };
  acquire();
  return {
    confirm: () => readLock(lock) === text || acquire(),
    release: () => releaseLock(lock, text),
  };
}

/** The text of a lock that this process holds. */
export function ownText(): string {
  const own: Holder = { pid: process.pid, started: startOf(process.pid), host: hostname() };
  return JSON.stringify(own);
}

/** Whether the one who wrote this text lives; undefined where that is on another machine. */
export function livesHere(text: string): boolean | undefined {
  const holder = parse(text);
  return holder !== undefined && holder.host !== hostname() ? undefined : isAlive(holder);
}

function taken(folder: string, { pid, host }: Holder, being: string): UserError {
  const where =
    host === hostname()
      ? `process ${pid}`
      : `process ${pid} on ${host}; if that machine is gone, remove ${join(folder, 'lock')}`;
  return new UserError(`${folder} is being ${being} by ${where}`);
}

function isAlive(holder: Holder | undefined): boolean {
  if (!holder) return false;
  const { pid, started, host } = holder;
  if (host !== hostname()) return true; // nobody here can tell
  if (pid !== process.pid && !isRunning(pid)) return false;
  return started === startOf(pid);
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
