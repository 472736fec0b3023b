import { Worker } from 'node:worker_threads';
import { UsageError, UserError } from '../../errors.js';
import type { PretrainEvent } from '../events.js';
import type { PretrainOutcome, PretrainRequest } from '../request.js';

/** What a thread tells of its run. */
export type FromThread =
  | { readonly kind: 'loading'; readonly done: number; readonly total: number | undefined; readonly what: string }
  | { readonly kind: 'event'; readonly event: PretrainEvent }
  | { readonly kind: 'end'; readonly outcome: PretrainOutcome }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string; readonly isOfUser: boolean };

/**
 * A whole run in a thread of its own, so that this one stays free for others.
 * @throws UsageError where something is given that cannot go to another thread
 */
export async function pretrainInWorker(request: PretrainRequest): Promise<PretrainOutcome> {
  const { onEvent, onLoading, signal, worker: _, ...settings } = request;
  const own = Object.entries(settings).find(
    ([key, value]) => !isPlain(value) || (typeof value === 'object' && byName.includes(key)),
  );
  if (own !== undefined) {
    throw new UsageError(
      `worker: ${own[0]} must be a name there, as a thread shares no functions; give the file that defines it as use`,
    );
  }
  signal?.throwIfAborted();
  const thread = new Worker(new URL('./thread.js', import.meta.url), { workerData: settings });
  const stop = () => thread.postMessage('stop');
  signal?.addEventListener('abort', stop);
  try {
    return await new Promise<PretrainOutcome>((resolve, reject) => {
      let told = Promise.resolve();
      const take = async (message: FromThread) => {
        if (message.kind === 'event') await onEvent?.(message.event);
        if (message.kind === 'loading') onLoading?.(message.done, message.total, message.what);
        if (message.kind === 'end') resolve(message.outcome);
        if (message.kind === 'failed') reject(failureOf(message, signal));
      };
      // One after another, also where a listener takes its time.
      thread.on('message', (message: FromThread) => {
        told = told
          .then(() => take(message))
          .catch((error) => {
            reject(error);
            stop();
          });
      });
      thread.once('error', reject);
      thread.once(
        'exit',
        (code) => void told.then(() => reject(new Error(`the thread of the run ended with ${code}`))),
      );
    });
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** What may be given as a value too, of functions mostly. */
const byName = ['data', 'method', 'backbone'];

/** Whether there is no function in a value. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function';
  return Object.values(value).every(isPlain);
}

function failureOf(
  { name, message, isOfUser }: Extract<FromThread, { kind: 'failed' }>,
  signal: AbortSignal | undefined,
): unknown {
  if (signal?.aborted && name === 'AbortError') return signal.reason;
  if (name === 'UsageError') return new UsageError(message);
  return isOfUser ? new UserError(message) : new Error(message);
}
