import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { UserError } from '../../errors.js';
import { encoderAt } from '../../runs/index.js';
import type { EpochLook } from './look.js';

/** A question to the thread. */
export interface ToThread {
  readonly number: number;
  readonly run: string;
  readonly epoch: number;
}

/** Its answer. */
export interface FromThread {
  readonly number: number;
  readonly look?: EpochLook;
  /** Why there is none. */
  readonly message?: string;
  readonly isOfUser?: boolean;
}

/** Answers that are kept. */
const mostKept = 64;

/** Looks at runs in a thread of its own, so that a server answers meanwhile; begun when asked. */
export class LookingThread {
  #thread: Worker | undefined;
  #count = 0;
  readonly #asked = new Map<number, (answer: FromThread | Error) => void>();
  readonly #known = new Map<string, Promise<EpochLook>>();

  /** As `Looking`. What was found is kept, as long as the encoder's file is the same. */
  async look(run: string, epoch: number): Promise<EpochLook> {
    const file = encoderAt(run, epoch);
    const { mtimeMs, size } = statSync(file);
    const key = JSON.stringify([run, epoch, file, mtimeMs, size]);
    const known = this.#known.get(key) ?? this.#ask(run, epoch);
    this.#known.set(key, known);
    known.catch(() => this.#known.delete(key));
    const [oldest] = this.#known.keys();
    if (this.#known.size > mostKept && oldest !== undefined) this.#known.delete(oldest);
    return known;
  }

  /** Ends the thread; what is asked is refused. */
  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  async #ask(run: string, epoch: number): Promise<EpochLook> {
    const thread = this.#thread ?? this.#begin();
    const number = this.#count++;
    const answer = await new Promise<FromThread | Error>((resolve) => {
      this.#asked.set(number, resolve);
      thread.postMessage({ number, run, epoch } satisfies ToThread);
    });
    if (answer instanceof Error) throw answer;
    const { look, message = '', isOfUser } = answer;
    if (look) return look;
    throw isOfUser ? new UserError(message) : new Error(message);
  }

  #begin(): Worker {
    const thread = new Worker(new URL('./thread.js', import.meta.url));
    this.#thread = thread;
    thread.unref();
    thread.on('message', (answer: FromThread) => {
      this.#asked.get(answer.number)?.(answer);
      this.#asked.delete(answer.number);
    });
    const end = (error: Error) => {
      this.#thread = undefined;
      for (const tell of this.#asked.values()) tell(error);
      this.#asked.clear();
    };
    thread.once('error', end);
    thread.once('exit', () => end(new Error('the thread that looks at runs has ended')));
    return thread;
  }
}
