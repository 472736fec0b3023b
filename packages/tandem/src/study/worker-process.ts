import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Job, Told } from './worker.js';

const main = fileURLToPath(new URL('./worker-main.js', import.meta.url));

/** How a job ended. */
export type JobEnd = Extract<Told, { kind: 'done' | 'interrupted' | 'failed' }>;

/**
 * A process that does jobs, begun with the first of them; one that dies is replaced with the next.
 * Its number of threads is its own, and memory that a job leaves in pieces goes with it.
 */
export class WorkerProcess {
  readonly #threads: number;
  #child: ChildProcess | undefined;

  constructor(threads: number) {
    this.#threads = threads;
  }

  /** @param onTold receives what it tells before the end */
  do(job: Job, onTold: (told: Told) => void): Promise<JobEnd> {
    const child = this.#started();
    return new Promise((resolve) => {
      let said = '';
      const onError = (data: Buffer) => {
        said = `${said}${data}`.slice(-2000);
      };
      const end = (end: JobEnd) => {
        child.off('message', onMessage).off('exit', onExit);
        child.stderr?.off('data', onError);
        resolve(end);
      };
      const onMessage = (told: Told) => (isEnd(told) ? end(told) : onTold(told));
      const onExit = (code: number | null, signal: string | null) => {
        this.#child = undefined;
        const last = said.trim().split('\n').at(-1);
        end({ kind: 'failed', why: `its process ended with ${signal ?? `code ${code}`}${last ? `: ${last}` : ''}` });
      };
      child.on('message', onMessage).on('exit', onExit);
      child.stderr?.on('data', onError);
      child.send(job, (error) => error && end({ kind: 'failed', why: error.message }));
    });
  }

  /** The job at hand ends after its step, saved. */
  interrupt(): void {
    this.#child?.kill('SIGTERM');
  }

  /** Lets the process go. */
  end(): void {
    if (this.#child?.connected) this.#child.disconnect();
    this.#child = undefined;
  }

  #started(): ChildProcess {
    this.#child ??= fork(main, [], {
      env: { ...process.env, TANDEM_THREADS: String(this.#threads) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    return this.#child;
  }
}

function isEnd(told: Told): told is JobEnd {
  return told.kind === 'done' || told.kind === 'interrupted' || told.kind === 'failed';
}
