// What runs in the thread that looks at runs for a page: it answers a run and an epoch.

import { parentPort } from 'node:worker_threads';
import { setThreads } from 'tandem-torch';
import { UserError } from '../../errors.js';
import { systemMessage } from '../../files/system-error.js';
import type { FromThread, ToThread } from './in-thread.js';
import { Looking } from './look.js';

const port = parentPort;
if (!port) throw new Error('this file runs in a thread that `LookingThread` begins');

// Whoever trains on this machine goes first.
setThreads(1);
const looking = new Looking();
let before: Promise<unknown> = Promise.resolve();

port.on('message', ({ number, run, epoch }: ToThread) => {
  before = before.then(() => answer(run, epoch)).then((found) => port.postMessage({ number, ...found }));
});

async function answer(run: string, epoch: number): Promise<Omit<FromThread, 'number'>> {
  try {
    return { look: await looking.look(run, epoch) };
  } catch (error) {
    const message = systemMessage(error) ?? (error as Error).message;
    return { message, isOfUser: error instanceof UserError || systemMessage(error) !== undefined };
  }
}
