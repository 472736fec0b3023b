import type { distributed } from 'tandem-torch';

/** Has the other processes know why this one fails: they end with that line. */
export async function* tellingOthers<Event>(
  group: distributed.ProcessGroup | undefined,
  events: AsyncGenerator<Event>,
): AsyncGenerator<Event> {
  try {
    yield* events;
  } catch (error) {
    if (group && group.lost === undefined) await group.fail((error as Error).message.split('\n')[0] ?? '');
    throw error;
  }
}
