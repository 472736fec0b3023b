import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

/** Who holds a lock touches it so often, in milliseconds ... */
const BEAT = 2_000;
/** ... and has died when it is this old. */
const STALE = 15_000;

/**
 * Does work that only one process should do at a time, and waits for another that is doing it. A
 * lock left behind by one that died is taken over. This only saves work: what is guarded must stay
 * whole even where two do it at once, as when a process slept for longer than its lock was
 * believed.
 *
 * @param path the lock's file; its folder exists
 * @param onWait called twice a second while another process holds it
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  { onWait, signal }: { readonly onWait?: (() => void) | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const mark = `${process.pid} ${randomUUID()}\n`;
  while (!(await taken(path, mark))) {
    if (!(await isHeld(path))) {
      // Renaming succeeds for one of several that wait.
      const aside = `${path}.${randomUUID()}`;
      await rename(path, aside).then(
        () => rm(aside, { force: true }),
        () => undefined,
      );
    } else {
      onWait?.();
      await setTimeout(500, undefined, { signal });
    }
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {}); // a lost lock loses work, nothing else
  }, BEAT);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    // Another's, who took it over, stays.
    if ((await readFile(path, 'utf8').catch(() => undefined)) === mark) await rm(path, { force: true });
  }
}

async function taken(path: string, mark: string): Promise<boolean> {
  try {
    await writeFile(path, mark, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Whether a process that lives holds a lock. */
export async function isHeld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs <= STALE;
}
