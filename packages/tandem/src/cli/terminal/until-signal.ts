import { tell } from './print.js';
import { abortOnSignals } from './signals.js';

/**
 * Waits for SIGINT or SIGTERM, which is how a server is stopped: no interruption, but its end.
 * @param stopping what is said then
 */
export async function untilSignal(stopping: string): Promise<void> {
  const { signal, release } = abortOnSignals(stopping, tell);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  release();
}
