import { ahead } from './ahead.js';
import { fetched } from './http/fetched.js';
import type { Content } from './source.js';

/** Whether an address is not on this machine's disks. */
export function isRemote(place: string): boolean {
  return /^[a-z][a-z0-9+-]+:\/\//i.test(place) && !place.startsWith('file:');
}

/** Requests under way at once. */
const requests = 16;

/** The contents of files, which are left to whoever decodes, and of what URLs give; in order. */
export async function* contentsOfRefs(places: readonly string[], signal?: AbortSignal): AsyncGenerator<Content> {
  yield* ahead(places.entries(), requests, async ([index, place]) => {
    signal?.throwIfAborted();
    return { index, ...(isRemote(place) ? await fetched(place, signal) : { input: place }) };
  });
}
