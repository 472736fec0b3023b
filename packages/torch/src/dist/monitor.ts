import { Worker } from 'node:worker_threads';

/** A process of a group as the others see it. */
export interface Member {
  /** Name of its host. */
  readonly host: string;
  /** Address that the others reach it by. */
  readonly address: string;
}

/** What the monitor's thread begins with. */
export interface MonitorData {
  readonly rank: number;
  readonly size: number;
  readonly host: string;
  /** Known to the processes of this group alone. */
  readonly token: string;
  /** After so long without a word a process counts as gone. */
  readonly silenceSeconds: number;
  /** Two int32, whether one is gone and the bytes of a text, then the text. */
  readonly verdict: SharedArrayBuffer;
}

/** What the thread tells. */
export type FromMonitor =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'joined'; readonly rank: number }
  | { readonly kind: 'roster'; readonly members: readonly Member[] }
  /** Process 0 could not be called, or hung up, before all were there. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'lost'; readonly text: string }
  | { readonly kind: 'left' }
  | { readonly kind: 'told' };

/** What it is told. */
export type ToMonitor =
  | { readonly kind: 'dial'; readonly host: string; readonly port: number; readonly name: string }
  | { readonly kind: 'fail'; readonly why: string }
  | { readonly kind: 'leave' };

type Kind = FromMonitor['kind'];

/** What is told once all processes have done something. */
const together = ['listening', 'roster', 'left'] as const;

/**
 * Knows which processes of a group are alive, in a thread of its own. Its verdict can be read, and
 * waited for, in the middle of synchronous work.
 */
export class Monitor {
  readonly #thread: Worker;
  readonly #verdict: Int32Array;
  readonly #text: Uint8Array;
  readonly #heard = new Map<Kind, FromMonitor>();
  readonly #waiting = new Map<Kind, (message: FromMonitor | undefined) => void>();
  readonly #joined = new Set<number>();

  constructor(data: Omit<MonitorData, 'verdict'>) {
    const verdict = new SharedArrayBuffer(8192);
    this.#verdict = new Int32Array(verdict, 0, 2);
    this.#text = new Uint8Array(verdict, 8);
    const workerData: MonitorData = { ...data, verdict };
    this.#thread = new Worker(new URL('./monitor-thread.js', import.meta.url), {
      workerData,
      // Small: it holds a few lines.
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
      execArgv: [],
    });
    this.#thread.on('message', (message: FromMonitor) => {
      if (message.kind === 'joined') this.#joined.add(message.rank);
      this.#heard.set(message.kind, message);
      this.#waiting.get(message.kind)?.(message);
      // What all have to be there for does not come any more.
      if (message.kind === 'lost') for (const kind of together) this.#waiting.get(kind)?.(undefined);
      if (message.kind === 'refused') this.#waiting.get('roster')?.(undefined);
    });
    // After the listener, which holds the process.
    this.#thread.unref();
  }

  /** What native waiting looks at: not 0 once a process is gone. */
  get flag(): Int32Array {
    return this.#verdict;
  }

  /** Ranks that came to process 0. */
  get joined(): ReadonlySet<number> {
    return this.#joined;
  }

  /** Which process is gone, and how; undefined while all are there. */
  get lost(): string | undefined {
    if (Atomics.load(this.#verdict, 0) === 0) return undefined;
    return new TextDecoder().decode(this.#text.slice(0, Atomics.load(this.#verdict, 1)));
  }

  /** The same, waiting for it, where a connection broke and it is not known yet whose. */
  lostWithin(milliseconds: number): string | undefined {
    Atomics.wait(this.#verdict, 0, 0, milliseconds);
    return this.lost;
  }

  /** Called when a process is gone. */
  onLost(listener: (text: string) => void): void {
    this.#waiting.set('lost', (message) => {
      if (message?.kind === 'lost') listener(message.text);
    });
  }

  /** Tells the thread. */
  tell(message: ToMonitor): void {
    this.#thread.postMessage(message);
  }

  /**
   * The thread's word of a kind, which may have come before. undefined after the time, and where
   * there will be none, as a process is gone or does not listen.
   */
  async heard<K extends Kind>(
    kind: K,
    milliseconds: number,
  ): Promise<Extract<FromMonitor, { readonly kind: K }> | undefined> {
    type Word = Extract<FromMonitor, { readonly kind: K }>;
    const before = this.#heard.get(kind);
    if (before) return before as Word;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), milliseconds);
      this.#waiting.set(kind, (message) => {
        clearTimeout(timer);
        resolve(message as Word | undefined);
      });
    });
  }

  /** Ends the thread. */
  async stop(): Promise<void> {
    await this.#thread.terminate();
  }
}
