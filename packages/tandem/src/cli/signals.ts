/**
 * A signal that SIGINT and SIGTERM abort. The second one finds no listener any more, so it ends the process at once,
 * even in the middle of a long operator.
 * @param onStop told before the abort
 */
export function abortOnSignals(onStop: () => void): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const release = () => void process.off('SIGINT', stop).off('SIGTERM', stop);
  const stop = () => {
    release();
    onStop();
    controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return { signal: controller.signal, release };
}
