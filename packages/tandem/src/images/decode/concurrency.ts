/** Works on several items at once. The first failure stops it, after the work in hand has ended. */
export async function withSeveral<T>(
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

/** Whoever asks gets the next; when one leaves, nothing comes any more. */
async function* oneByOne<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
  yield* items;
}
