import type { distributed } from 'tandem-torch';
import { AtEndError } from '../at-end.js';

/**
 * Has the other processes know why this one fails: they end with that line. That a run is at its
 * end all of them know.
 */
export async function* tellingOthers<Event>(
  group: distributed.ProcessGroup | undefined,
  events: AsyncGenerator<Event>,
): AsyncGenerator<Event> {
  try {
    yield* events;
  } catch (error) {
    const isKnown = error instanceof AtEndError;
    if (group && group.lost === undefined && !isKnown) await group.fail((error as Error).message.split('\n')[0] ?? '');
    throw error;
  }
}
