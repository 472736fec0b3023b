import { announceSignals, forgetSignals } from 'tandem-torch';

/** What a process that a signal ended exits with. */
const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Stopping = keyof typeof codes;

/**
 * Calls `stop` on SIGINT, SIGTERM and where the terminal closes. Who sent the messages elsewhere,
 * as `nohup` does, meant the work to outlive its terminal; Node does not let SIGHUP be ignored by
 * whoever began it.
 * @returns takes that back
 */
function onStop(stop: (name: Stopping) => void): () => void {
  const hangUp = process.stderr.isTTY ? stop : () => {};
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', hangUp);
  return () => void process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', hangUp);
}

/** What SIGINT and SIGTERM come to. */
export interface Interruption {
  /** Aborted by the first of them. */
  readonly signal: AbortSignal;
  /** What a process that such a signal ended exits with: 130, 143, or 129 for a closed terminal. */
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
  let [code, text, isAtOnce]: [number, string, boolean] = [codes.SIGINT, notice, false];
  const release = () => {
    forgetSignals();
    forget();
  };
  const stop = (name: Stopping) => {
    code = codes[name];
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
  const forget = onStop(stop);
  announce(notice);
  return { signal: controller.signal, exitCode: () => code, announce, release };
}

/** The same without a word, for a process that others speak for. */
export function abortQuietly(): Pick<Interruption, 'signal' | 'exitCode' | 'release'> {
  const controller = new AbortController();
  let code: number = codes.SIGINT;
  const release = onStop((name) => {
    code = codes[name];
    controller.abort();
  });
  return { signal: controller.signal, exitCode: () => code, release };
}
