// What runs in the thread of a run: it trains, tells what happens, and stops when it is told to.

import { parentPort, workerData } from 'node:worker_threads';
import { UserError } from '../../errors.js';
import type { ImageSet } from '../../images/index.js';
import type { PretrainEvent } from '../events.js';
import { pretrain } from '../pretrain.js';
import type { PretrainRequest } from '../request.js';
import type { FromThread } from './in-worker.js';

const port = parentPort;
if (!port) throw new Error('this file runs in a thread that `pretrain` begins');
const tell = (message: FromThread) => port.postMessage(message);
const controller = new AbortController();
port.on('message', () => controller.abort());

/** Pixels stay here: of sets, only what is known of them goes over. */
function withoutPixels(set: ImageSet): ImageSet {
  return { ...set, pixels: new Uint8Array(0) };
}

function portable(event: PretrainEvent): PretrainEvent {
  if (event.kind !== 'start') return event;
  const { train, reference, queries, ...data } = event.data;
  const sets = { train: withoutPixels(train) };
  const others = {
    ...(reference && { reference: withoutPixels(reference) }),
    ...(queries && { queries: withoutPixels(queries) }),
  };
  return { ...event, data: { ...data, ...sets, ...others } };
}

try {
  const outcome = await pretrain({
    ...(workerData as PretrainRequest),
    signal: controller.signal,
    onLoading: (done, total, what) => tell({ kind: 'loading', done, total, what }),
    onEvent: (event) => tell({ kind: 'event', event: portable(event) }),
  });
  tell({ kind: 'end', outcome });
} catch (error) {
  const { name, message } = error as Error;
  tell({ kind: 'failed', name, message, isOfUser: error instanceof UserError });
}
port.close();
