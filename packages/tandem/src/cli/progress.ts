import { MultiBar, Presets, type SingleBar } from 'cli-progress';

/** Tells how far something is, on stderr: a bar in a terminal, a plain line now and then elsewhere. */
export interface Progress {
  update(done: number, total: number, note: string): void;
  /** A line that stays. */
  say(line: string): void;
  stop(): void;
}

const plainSeconds = 15;

/** @param quiet says nothing at all */
export function progress(label: string): Progress {
  return process.stderr.isTTY ? bar(label) : plain(label);
}

function bar(label: string): Progress {
  const bars = new MultiBar(
    {
      format: `${label} {bar} {percentage}% {note} {eta_formatted} left`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      etaBuffer: 50,
    },
    Presets.shades_classic,
  );
  let one: SingleBar | undefined;
  return {
    update(done, total, note) {
      one ??= bars.create(total, 0, { note });
      one.setTotal(total);
      one.update(done, { note });
    },
    say: (line) => bars.log(`${line}\n`),
    stop: () => bars.stop(),
  };
}

function plain(label: string): Progress {
  const started = Date.now();
  let next = plainSeconds;
  return {
    update(done, total, note) {
      const seconds = (Date.now() - started) / 1000;
      if (seconds < next) return;
      next = seconds + plainSeconds;
      const left = Math.round((seconds / Math.max(done, 1)) * (total - done));
      console.error(`${label} ${done}/${total} ${note} ${duration(left)} left`);
    },
    say: (line) => console.error(line),
    stop() {},
  };
}

/** `75` as `1m15s`. */
export function duration(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m${String(s % 60).padStart(2, '0')}s`;
  return `${Math.floor(s / 3600)}h${String(Math.floor((s % 3600) / 60)).padStart(2, '0')}m`;
}
