import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** Processes that each want one core all the time. */
export class Busy {
  readonly #children: readonly ChildProcess[];

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children;
  }

  /** `count` of them, at work when this resolves; they also end by themselves, should we not. */
  static async start(count: number): Promise<Busy> {
    const script = 'const end = Date.now() + 60_000; while (Date.now() < end);';
    const busy = new Busy(Array.from({ length: count }, () => spawn(process.execPath, ['-e', script])));
    await setTimeout(count === 0 ? 0 : 300);
    return busy;
  }

  /** Seconds on a core that each has had so far, in the mean; NaN where none can be asked. */
  meanSeconds(): number {
    const each = this.#children.map(({ pid }) => secondsOnCore(pid as number));
    return each.reduce((sum, seconds) => sum + seconds, 0) / each.length;
  }

  end(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }
}

/** Linux counts in hundredths of a second, whatever its clock. */
function secondsOnCore(pid: number): number {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return Number.NaN;
  // The name in brackets may hold anything; user and system time are the 12th and 13th after it.
  const fields = readFileSync(file, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
