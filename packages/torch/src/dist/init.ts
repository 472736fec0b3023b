import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { binding } from '../binding.js';
import { type Place, placeOf } from './environment.js';
import { type Member, Monitor } from './monitor.js';
import { ProcessGroup } from './process-group.js';

/** How processes find each other, and how long they wait. */
export interface GroupOptions {
  /** Defaults to what the environment says. */
  readonly place?: Place | undefined;
  /** How long processes wait for each other to come, in seconds; defaults to 300. */
  readonly joinSeconds?: number;
  /** How long a call may take, in seconds; defaults to 1800. A lost process shows earlier. */
  readonly limitSeconds?: number;
  /** After so many seconds without a sign of life a process counts as gone; defaults to 4. */
  readonly silenceSeconds?: number;
  /** Network interface; defaults to `GLOO_SOCKET_IFNAME`, else the one on the way to process 0. */
  readonly networkInterface?: string | undefined;
  /** Whether all processes compare each call before they make it; defaults to false. */
  readonly checks?: boolean;
}

/** Processes could not be brought together. */
export class JoinError extends Error {}

/** Whether this engine was built with Gloo's headers. */
export function hasDist(): boolean {
  return binding.hasDist();
}

/**
 * The processes of a run, brought together: all of them call this. undefined where this one runs
 * alone.
 * @throws JoinError where they do not find each other in time, which names those that are missing
 */
export async function initProcessGroup(options: GroupOptions = {}): Promise<ProcessGroup | undefined> {
  const place = options.place ?? placeOf();
  if (place === undefined) return undefined;
  if (!hasDist()) throw new JoinError(withoutGloo);
  const { joinSeconds = 300, limitSeconds = 1800, silenceSeconds = 4, checks = false } = options;
  const deadline = performance.now() + 1000 * joinSeconds;
  const store = await openStore(place, deadline);
  const { monitor, members } = await meet(place, store, silenceSeconds, deadline);
  const networkInterface = options.networkInterface ?? process.env.GLOO_SOCKET_IFNAME?.split(',')[0];
  try {
    const id = binding.openGroup(
      store,
      `tandem/gloo/${place.attempt}`,
      place.rank,
      place.size,
      networkInterface ?? (members[place.rank] as Member).address,
      networkInterface !== undefined,
      Math.max(1000, Math.ceil(deadline - performance.now())),
      1000 * limitSeconds,
      monitor.flag,
    );
    return new ProcessGroup(id, place, members, monitor, checks);
  } catch (error) {
    const lost = monitor.lostWithin(1000);
    throw new JoinError(lost ?? `process ${place.rank} of ${place.size} on ${hostname()}: ${(error as Error).message}`);
  }
}

const withoutGloo =
  'this engine was built without several processes: install the headers of Gloo (on Debian and Ubuntu: apt-get install libgloo-dev), then run `npx tandem setup`';

/** In short attempts, between which signals have their turn. */
async function openStore({ rank, host, port }: Place, deadline: number): Promise<number> {
  const isServer = rank === 0;
  for (;;) {
    try {
      return binding.openStore(host, port, isServer, 2000);
    } catch (error) {
      const { message } = error as Error;
      if (isServer || performance.now() > deadline) {
        throw new JoinError(
          isServer
            ? `process 0 cannot be met at ${host}:${port}: ${message}`
            : `process 0 was not to be found at ${host}:${port} in time: ${message}`,
        );
      }
      await sleep(200);
    }
  }
}

/** All come to process 0, and are told of each other. */
async function meet(
  { rank, size, host, attempt }: Place,
  store: number,
  silenceSeconds: number,
  deadline: number,
): Promise<{ monitor: Monitor; members: readonly Member[] }> {
  const key = `tandem/monitor/${attempt}`;
  const own = hostname();
  const left = () => Math.max(0, deadline - performance.now());
  const token = rank === 0 ? randomBytes(16).toString('hex') : undefined;
  if (token !== undefined) {
    const monitor = new Monitor({ rank, size, host: own, token, silenceSeconds });
    const listening = await monitor.heard('listening', left());
    if (!listening) throw new JoinError(monitor.lost ?? 'the monitor of the processes does not begin');
    binding.storeSet(store, key, JSON.stringify({ port: listening.port, token, host: own }), 5000);
    const roster = await monitor.heard('roster', left());
    if (roster) return { monitor, members: roster.members };
    const missing = Array.from({ length: size }, (_, r) => r).filter((r) => r > 0 && !monitor.joined.has(r));
    const why = `process ${missing.join(', ')} of ${size} did not come in time`;
    monitor.tell({ kind: 'fail', why });
    await monitor.heard('told', 500);
    throw new JoinError(why);
  }
  let found: string | undefined;
  while (found === undefined) {
    if (left() === 0) throw new JoinError(`process 0 of ${size} did not come to ${host} in time`);
    found = binding.storeGet(store, key, 5000);
    if (found === undefined) await sleep(100);
  }
  const { port, ...first } = JSON.parse(found) as { port: number; token: string; host: string };
  const monitor = new Monitor({ rank, size, host: own, token: first.token, silenceSeconds });
  monitor.tell({ kind: 'dial', host, port, name: first.host });
  const roster = await monitor.heard('roster', left());
  if (roster) return { monitor, members: roster.members };
  throw new JoinError(monitor.lost ?? `not all of ${size} processes came in time`);
}
