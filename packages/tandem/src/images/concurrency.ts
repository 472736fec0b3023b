/**
 * Works on up to `width` items at once. The first failure stops it, after the work in hand has
 * ended.
 */
export async function concurrently<T>(
  items: AsyncIterable<T> | Iterable<T>,
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const queue = oneByOne(items);
  const worker = async () => {
    for await (const item of queue) {
      await work(item);
      if (failures.length > 0) break;
    }
  };
  const workers = Array.from({ length: width }, async () => {
    try {
      await worker();
    } catch (error) {
      failures.push(error);
    }
  });
  await Promise.all(workers);
  if (failures.length > 0) throw failures[0];
}

/** Whoever asks gets the next item; when one worker leaves, none comes any more. */
async function* oneByOne<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
  yield* items;
}
