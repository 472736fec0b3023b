/**
 * A signal that SIGINT and SIGTERM abort. The second one finds no listener any more, so it ends the
 * process at once, even in the middle of a long operator.
 * @param onStop called before the abort
 */
export function abortOnSignals(onStop: () => void): {
  readonly signal: AbortSignal;
  /** What a process that such a signal ended exits with: 130 or 143. */
  exitCode(): number;
  release(): void;
} {
  const controller = new AbortController();
  let code = 130;
  const release = () => void process.off('SIGINT', stop).off('SIGTERM', stop);
  const stop = (name: NodeJS.Signals) => {
    release();
    code = name === 'SIGTERM' ? 143 : 130;
    onStop();
    controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return { signal: controller.signal, exitCode: () => code, release };
}
