import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { binding } from '../binding.js';
import type { Place } from './environment.js';
import { type Member, Monitor } from './monitor.js';

/** Processes could not be brought together. */
export class JoinError extends Error {}

/** All processes of a group, and the store that they share. */
export interface Meeting {
  readonly store: number;
  readonly monitor: Monitor;
  readonly members: readonly Member[];
}

/** How long the first process waits for one before it to let go of the port, in ms. */
const portMilliseconds = 30_000;

/**
 * Brings processes together at the first of them. Launchers that begin failed processes again do so
 * host by host, and do not say alike on all of them which time it is: so a process may come while
 * those of the time before are ending, and goes on calling until it is heard by a first process
 * that waits for it.
 * @param deadline in ms of `performance.now()`
 * @throws JoinError where they are not together by then
 */
export function meet(place: Place, silenceSeconds: number, deadline: number): Promise<Meeting> {
  return place.rank === 0 ? gather(place, silenceSeconds, deadline) : come(place, silenceSeconds, deadline);
}

const keyOf = ({ job }: Place) => `tandem/monitor/${job}`;
const until = (deadline: number) => Math.max(0, deadline - performance.now());

/** Where the first process is to be called. */
interface First {
  readonly port: number;
  readonly token: string;
  readonly host: string;
}

/** The first process: the others come to it. */
async function gather(place: Place, silenceSeconds: number, deadline: number): Promise<Meeting> {
  const { rank, size } = place;
  const store = await openServer(place, deadline);
  const [token, host] = [randomBytes(16).toString('hex'), hostname()];
  const monitor = new Monitor({ rank, size, host, token, silenceSeconds });
  const listening = await monitor.heard('listening', until(deadline));
  if (!listening) throw new JoinError(monitor.lost ?? 'the monitor of the processes does not begin');
  const first: First = { port: listening.port, token, host };
  binding.storeSet(store, keyOf(place), JSON.stringify(first), 5000);
  const roster = await monitor.heard('roster', until(deadline));
  if (roster) return { store, monitor, members: roster.members };
  const missing = Array.from({ length: size }, (_, r) => r).filter((r) => r > 0 && !monitor.joined.has(r));
  const why = monitor.lost ?? `process ${missing.join(', ')} of ${size} did not come in time`;
  monitor.tell({ kind: 'fail', why });
  await monitor.heard('told', 500);
  throw new JoinError(why);
}

async function openServer({ host, port }: Place, deadline: number): Promise<number> {
  const patience = Math.min(deadline, performance.now() + portMilliseconds);
  for (;;) {
    try {
      return binding.openStore(host, port, true, 2000);
    } catch (error) {
      const { message } = error as Error;
      if (!/address already in use/i.test(message) || performance.now() > patience) {
        throw new JoinError(`process 0 cannot be met at ${host}:${port}: ${message}`);
      }
      await sleep(200);
    }
  }
}

/** Any other process, until the first one has all. */
async function come(place: Place, silenceSeconds: number, deadline: number): Promise<Meeting> {
  for (;;) {
    const found = await call(place, silenceSeconds, deadline);
    if (typeof found !== 'string') return found;
    if (performance.now() >= deadline) throw new JoinError(found);
    await sleep(200);
  }
}

/** @returns why not, where the first process is not there, ends, or has all already */
async function call(place: Place, silenceSeconds: number, deadline: number): Promise<Meeting | string> {
  const { rank, size, host, port } = place;
  let store: number | undefined;
  let first: First;
  try {
    // In short attempts, between which signals have their turn.
    store = binding.openStore(host, port, false, 2000);
    const found = await findFirst(store, place, deadline);
    if (found === undefined) return `process 0 of ${size} did not come to ${host} in time`;
    first = found;
  } catch (error) {
    if (store !== undefined) binding.closeStore(store);
    return `process 0 was not to be found at ${host}:${port} in time: ${(error as Error).message}`;
  }
  const monitor = new Monitor({ rank, size, host: hostname(), token: first.token, silenceSeconds });
  monitor.tell({ kind: 'dial', host, port: first.port, name: first.host });
  const roster = await monitor.heard('roster', until(deadline));
  if (roster) return { store, monitor, members: roster.members };
  if (monitor.lost !== undefined) throw new JoinError(monitor.lost);
  await monitor.stop();
  binding.closeStore(store);
  return `not all of ${size} processes came in time`;
}

async function findFirst(store: number, place: Place, deadline: number): Promise<First | undefined> {
  for (;;) {
    const found = binding.storeGet(store, keyOf(place), 5000);
    if (found !== undefined) return JSON.parse(found) as First;
    if (until(deadline) === 0) return undefined;
    await sleep(100);
  }
}
