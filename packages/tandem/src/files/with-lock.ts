import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { releaseLock, takeLock } from './lock-file.js';
import { livesHere, ownText } from './lock-folder.js';

/** Who holds a lock touches it so often, in milliseconds ... */
const beatMs = 2_000;
/** ... and has died when it is this old, or dated so far ahead: the clock was set back since. */
const stale = 15_000;

/**
 * Does work that only one process should do at a time, and waits for another that is doing it,
 * also one on another machine. A lock left behind by one that died is taken over. This only saves
 * work: what is guarded must stay whole even where two do it at once, as when a process slept for
 * longer than its lock was believed.
 *
 * @param path the lock's file; its folder exists
 * @param onWait called twice a second while another process holds it
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  { onWait, signal }: { readonly onWait?: (() => void) | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const text = `${process.pid} ${randomUUID()}\n`;
  while (takeLock(path, text, () => isHeld(path)) !== undefined) {
    onWait?.();
    await setTimeout(500, undefined, { signal });
  }
  const stop = keepFresh(path);
  try {
    return await work();
  } finally {
    stop();
    releaseLock(path, text);
  }
}

/**
 * Takes a lock as `withLock` does, but waits for nobody. A process of this machine is known to have
 * died at once, one of another when its lock is old.
 * @returns what gives it back; undefined where another process holds it
 */
export function tryLock(path: string): (() => void) | undefined {
  const text = ownText();
  if (takeLock(path, text, (other) => livesHere(other) ?? isHeld(path)) !== undefined) return undefined;
  const stop = keepFresh(path);
  return () => {
    stop();
    releaseLock(path, text);
  };
}

/** Touches a lock now and then. @returns what ends that */
function keepFresh(path: string): () => void {
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {}); // a lost lock loses work, nothing else
  }, beatMs);
  beat.unref();
  return () => clearInterval(beat);
}

/** Whether one that lives holds a lock. */
export function isHeld(path: string): boolean {
  const file = statSync(path, { throwIfNoEntry: false });
  return file !== undefined && Math.abs(Date.now() - file.mtimeMs) <= stale;
}
