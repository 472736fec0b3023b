// What runs in the thread that computes: it loads an encoder and answers images with features.

import { parentPort, workerData } from 'node:worker_threads';
import { setThreads } from 'tandem-torch';
import { chooseDevice } from '../device.js';
import { UserError } from '../errors.js';
import { openEncoder } from '../runs/index.js';
import { computeHere } from './computing.js';
import type { FromThread, ThreadData, ToThread } from './in-worker.js';

const port = parentPort;
if (!port) throw new Error('this file runs in a thread that `load` begins');

const tell = (answer: FromThread, shared: ArrayBuffer[] = []) => port.postMessage(answer, shared);
const failed = (error: unknown, number?: number) =>
  tell({
    ...(number !== undefined && { number }),
    message: (error as Error).message,
    isOfUser: error instanceof UserError,
  });

try {
  const { runOrFile, which, device, threads } = workerData as ThreadData;
  if (threads !== undefined) setThreads(threads);
  const computing = computeHere(openEncoder(runOrFile, which), chooseDevice(device));
  port.on('message', async (message: ToThread | 'end') => {
    if (message === 'end') {
      computing.dispose();
      port.close();
      return;
    }
    const { number, set } = message;
    try {
      const rows = await computing.rows(set);
      tell({ number, rows }, rows.buffer instanceof ArrayBuffer ? [rows.buffer] : []);
    } catch (error) {
      failed(error, number);
    }
  });
  tell({ rows: new Float32Array(0) });
} catch (error) {
  failed(error);
  port.close();
}
