import { announceSignals, forgetSignals } from 'tandem-torch';

/** What SIGINT and SIGTERM come to. */
export interface Interruption {
  /** Aborted by the first of them. */
  readonly signal: AbortSignal;
  /** What a process that such a signal ended exits with: 130 or 143. */
  exitCode(): number;
  /** Changes what is said at the first one. */
  announce(notice: string): void;
  release(): void;
}

/**
 * A signal that SIGINT and SIGTERM abort. The first one is answered at once, the second ends the
 * process at once, both even in the middle of a long operator.
 * @param notice the answer, one line
 * @param say shows it where the system cannot do so at once
 */
export function abortOnSignals(notice: string, say: (line: string) => void): Interruption {
  const controller = new AbortController();
  let [code, text, isAtOnce] = [130, notice, false];
  const release = () => {
    forgetSignals();
    process.off('SIGINT', stop).off('SIGTERM', stop);
  };
  const stop = (name: NodeJS.Signals) => {
    code = name === 'SIGTERM' ? 143 : 130;
    // Where the system answers, it ends the process at the second too: were its handlers taken back
    // now, one that comes meanwhile would be nobody's.
    if (!isAtOnce) {
      release();
      say(text);
    }
    controller.abort();
  };
  const announce = (notice: string) => {
    text = notice;
    // In a terminal a bar may stand in the line.
    isAtOnce = announceSignals(`${process.stderr.isTTY ? '\r\x1b[K' : ''}${notice}\n`);
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  announce(notice);
  return { signal: controller.signal, exitCode: () => code, announce, release };
}

/** The same without a word, for a process that others speak for. */
export function abortQuietly(): Pick<Interruption, 'signal' | 'exitCode' | 'release'> {
  const controller = new AbortController();
  let code = 130;
  const stop = (name: NodeJS.Signals) => {
    code = name === 'SIGTERM' ? 143 : 130;
    controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const release = () => void process.off('SIGINT', stop).off('SIGTERM', stop);
  return { signal: controller.signal, exitCode: () => code, release };
}
