import { createHash } from 'node:crypto';

/**
 * SHA-256 of pieces as if they were one text; as one, the names of some four million files would be
 * longer than a string may be.
 */
export function digestOf(pieces: Iterable<string>): string {
  const sum = createHash('sha256');
  for (const piece of pieces) sum.update(piece);
  return sum.digest('hex');
}

/** The pieces of `texts.join(separator)`. */
export function* joined(texts: Iterable<string>, separator: string): Generator<string> {
  let before = '';
  for (const text of texts) {
    yield before + text;
    before = separator;
  }
}

/** The pieces of `JSON.stringify(lists)`. */
export function* jsonOf(lists: readonly (readonly string[])[]): Generator<string> {
  const quoted = function* (texts: readonly string[]) {
    for (const text of texts) yield JSON.stringify(text);
  };
  for (const [i, list] of lists.entries()) {
    yield i === 0 ? '[[' : ',[';
    yield* joined(quoted(list), ',');
    yield ']';
  }
  yield ']';
}
