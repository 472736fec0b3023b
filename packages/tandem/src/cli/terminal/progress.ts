import { shownDuration } from '../../errors.js';
import type { JobHooks } from '../../evaluate/index.js';
import { printable } from '../../text.js';
import { message } from './lines.js';

/**
 * Shows on stderr how far a job is: a bar in a terminal, a plain line now and then elsewhere.
 */
export interface Progress {
  /**
   * @param total undefined where it is not known yet
   * @param left seconds, where more is known of them than the rate until now
   */
  update(done: number, total: number | undefined, note: string, left?: number): void;
  /** A line that stays. */
  say(line: string): void;
  /** Takes the bar away. */
  stop(): void;
}

const barSeconds = 0.1;
const plainSeconds = 15;
const barWidth = 20;

/**
 * Draws when there is something new and never by a timer: training and evaluation hold the only
 * thread for seconds, so timers would come late.
 */
export function progress(label: string): Progress {
  const { stderr } = process;
  const isTerminal = stderr.isTTY === true;
  const every = (isTerminal ? barSeconds : plainSeconds) * 1000;
  let begin = { done: 0, at: 0 };
  let last = Number.POSITIVE_INFINITY;
  let next = 0;
  let drawn = false;
  const erase = () => {
    if (drawn) stderr.write('\r\x1b[K');
    drawn = false;
  };
  return {
    update(done, total, note, known) {
      const now = performance.now(); // only goes forward, whatever is done to the machine's clock
      if (done < last) {
        begin = { done, at: now };
        next = isTerminal ? now : now + every;
      }
      last = done;
      if (now < next) return;
      next = now + every;
      const left = known ?? secondsLeft(done - begin.done, (total ?? done) - done, now - begin.at);
      const where = total === undefined ? `${done}` : `${isTerminal ? `${bar(done / total)} ` : ''}${done}/${total}`;
      const line = [label, where, left === undefined || total === undefined ? '' : `${shownDuration(left)} left`, note]
        .filter((part) => part !== '')
        .map(printable)
        .join('  ');
      if (!isTerminal) {
        stderr.write(`${line}\n`);
        return;
      }
      // A line that wraps could not be erased.
      stderr.write(`\r${line.slice(0, (stderr.columns || 80) - 1)}\x1b[K`);
      drawn = true;
    },
    say(line) {
      erase();
      stderr.write(`${message(line)}\n`);
    },
    stop: erase,
  };
}

function bar(share: number): string {
  const full = Math.round(Math.min(share, 1) * barWidth);
  return '█'.repeat(full) + '░'.repeat(barWidth - full);
}

/** What is left at the rate so far; undefined while there is none. */
function secondsLeft(done: number, rest: number, milliseconds: number): number | undefined {
  return done > 0 ? (milliseconds / done) * (rest / 1000) : undefined;
}

/** Does a job with a progress bar, which is gone when the job ends. */
export async function withProgress<T>(label: string, job: (hooks: JobHooks) => Promise<T>): Promise<T> {
  const bar = progress(label);
  try {
    return await job({ onProgress: bar.update, onNote: bar.say });
  } finally {
    bar.stop();
  }
}
