/**
 * Work on items, up to `width` at once, with the results in the items' order. Items are asked for
 * no sooner than there is room.
 */
export async function* ahead<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const inHand: Promise<R>[] = [];
  for await (const item of items) {
    const result = work(item);
    result.catch(() => {}); // it is awaited below, or nobody wants it any more
    inHand.push(result);
    if (inHand.length >= width) yield await (inHand.shift() as Promise<R>);
  }
  for (const result of inHand) yield await result;
}
