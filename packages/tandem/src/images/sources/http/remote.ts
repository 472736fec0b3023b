import { ahead } from '../ahead.js';
import { addressed } from './address.js';
import { NoAnswer, persistently, type Receiving, type Refusal, refused, versionOf } from './receive.js';

/** A file that a server has. */
export interface Remote {
  /** Its address. */
  readonly place: string;
  /** In bytes. */
  readonly size: number;
  /** Its ETag or, where there is none, when it was changed; empty where neither is known. */
  readonly version: string;
}

/** Requests under way at once. */
const requests = 16;

/** What servers say of files, in their order. @throws NoAnswer naming the one that is not there */
export async function remotes(places: readonly string[], how: Receiving): Promise<Remote[]> {
  const found: Remote[] = [];
  for await (const one of ahead(places, requests, (place) => remote(place, how))) found.push(one);
  return found;
}

async function remote(place: string, how: Receiving): Promise<Remote> {
  try {
    return await persistently(() => asked(place, 'HEAD', how), how);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    if (!/^HTTP (400|403|405|501)/.test(error.message)) throw new NoAnswer(`${place}: ${error.message}`);
  }
  // Addresses that are signed for GET refuse HEAD.
  return persistently(() => asked(place, 'GET', how), how).catch((error) => {
    throw error instanceof NoAnswer ? new NoAnswer(`${place}: ${error.message}`) : error;
  });
}

async function asked(place: string, method: 'HEAD' | 'GET', { signal }: Receiving): Promise<Remote | Refusal> {
  const { url, headers } = await addressed(
    place,
    { 'accept-encoding': 'identity', ...(method === 'GET' && { range: 'bytes=0-0' }) },
    method,
  );
  const patience = AbortSignal.timeout(30_000);
  const response = await fetch(url, {
    method,
    headers,
    signal: signal ? AbortSignal.any([signal, patience]) : patience,
  });
  if (!response.ok) return refused(response);
  await response.body?.cancel().catch(() => {});
  const all = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  const size = Number(all ?? response.headers.get('content-length') ?? Number.NaN);
  if (!Number.isSafeInteger(size)) throw new NoAnswer('the server does not say how large it is');
  return { place, size, version: versionOf(response) ?? '' };
}
