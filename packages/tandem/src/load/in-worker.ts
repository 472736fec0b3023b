import { Worker } from 'node:worker_threads';
import { UserError } from '../errors.js';
import type { ImageSet } from '../images/index.js';
import type { EncoderChoice } from '../runs/index.js';
import type { Computing } from './computing.js';

/** Which encoder a thread loads, and where it computes. */
export interface ThreadData {
  readonly runOrFile: string;
  readonly which: Exclude<EncoderChoice, 'both'> | undefined;
  readonly device: string;
  /** Of the processor's threads so many; those of this process where it is left open. */
  readonly threads?: number | undefined;
}

/** Images for a thread. */
export interface ToThread {
  readonly number: number;
  readonly set: ImageSet;
}

/** What a thread answers; the first answer, without a number, says whether it is ready. */
export type FromThread =
  | { readonly number?: number; readonly rows: Float32Array }
  | { readonly number?: number; readonly message: string; readonly isOfUser: boolean };

interface Waiting {
  resolve(rows: Float32Array): void;
  reject(error: unknown): void;
}

/**
 * Computes in a thread of its own, so that this one stays free.
 * @returns undefined where the thread cannot load the encoder: a backbone that a program defines is
 * known in its own thread alone
 */
export async function computeInWorker(workerData: ThreadData): Promise<Computing | undefined> {
  const thread = new Worker(new URL('./thread.js', import.meta.url), { workerData });
  const asked = new Map<number | undefined, Waiting>();
  let [count, ended] = [0, undefined as unknown];
  const end = (error: unknown) => {
    ended ??= error;
    for (const { reject } of asked.values()) reject(error);
    asked.clear();
  };
  thread.on('message', (answer: FromThread) => {
    const waiting = asked.get(answer.number);
    asked.delete(answer.number);
    if ('rows' in answer) waiting?.resolve(answer.rows);
    else waiting?.reject(answer.isOfUser ? new UserError(answer.message) : new Error(answer.message));
  });
  thread.once('error', end);
  thread.once('exit', () => end(new Error('the thread that computes has ended')));
  const isReady = await new Promise<Float32Array>((resolve, reject) => {
    asked.set(undefined, { resolve, reject });
  }).then(
    () => true,
    () => false,
  );
  if (!isReady) {
    await thread.terminate();
    return undefined;
  }
  // It alone keeps no process alive.
  thread.unref();
  return {
    rows(set) {
      if (ended !== undefined) return Promise.reject(ended);
      const number = count++;
      return new Promise((resolve, reject) => {
        asked.set(number, { resolve, reject });
        thread.ref();
        thread.postMessage({ number, set } satisfies ToThread, bytesIn(set));
      }).finally(() => asked.size === 0 && thread.unref()) as Promise<Float32Array>;
    },
    dispose: () => void thread.postMessage('end'),
  };
}

/** What is handed over, and not copied. */
function bytesIn({ pixels }: ImageSet): ArrayBuffer[] {
  return pixels instanceof Uint8Array && pixels.buffer instanceof ArrayBuffer ? [pixels.buffer] : [];
}
