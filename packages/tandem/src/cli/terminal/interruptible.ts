import type { JobHooks } from '../../evaluate/index.js';
import { Exit } from './exit.js';
import { type Progress, progress } from './progress.js';
import { abortOnSignals, abortQuietly } from './signals.js';

/**
 * Does a job with a progress bar that SIGINT and SIGTERM stop.
 * @param label of the bar @param stopping what is said at the first signal
 * @throws Exit 130 or 143 when a signal stopped it
 */
export async function interruptible<T>(
  label: string,
  stopping: string,
  job: (hooks: JobHooks, bar: Progress) => Promise<T>,
): Promise<T> {
  const bar = progress(label);
  const { signal, exitCode, release } = abortOnSignals(stopping, bar.say);
  try {
    return await job({ onProgress: bar.update, onNote: bar.say, signal }, bar);
  } catch (error) {
    // What fails after a signal fails for it, whatever error a library makes of it.
    if (!signal.aborted) throw error;
    throw new Exit(exitCode());
  } finally {
    bar.stop();
    release();
  }
}

/** The same without a word, for a process that another speaks for. */
export async function interruptibleQuietly<T>(job: (hooks: JobHooks) => Promise<T>): Promise<T> {
  const { signal, exitCode, release } = abortQuietly();
  try {
    return await job({ signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Exit(exitCode());
  } finally {
    release();
  }
}
