import { hostname } from 'node:os';
import { binding } from '../binding.js';
import { type Place, placeOf } from './environment.js';
import { JoinError, meet } from './meeting.js';
import type { Member } from './monitor.js';
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
  const { store, monitor, members } = await meet(place, silenceSeconds, deadline);
  const networkInterface = options.networkInterface ?? process.env.GLOO_SOCKET_IFNAME?.split(',')[0];
  try {
    const id = binding.openGroup(
      store,
      `tandem/gloo/${place.job}`,
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
