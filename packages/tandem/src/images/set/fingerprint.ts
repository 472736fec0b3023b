import { createHash } from 'node:crypto';
import { bytesOf, gather, type ImageSet, imageBytes } from './image-set.js';

/** So many bytes are looked at, which takes a fraction of a second. */
const mostBytes = 2 ** 28;

/**
 * Tells a set from another one of the same number and size: SHA-256 of its pixels, all of them up
 * to 256 MiB, of evenly spread images of larger sets.
 */
export function fingerprint(set: ImageSet, most = mostBytes): string {
  const each = Math.max(1, Math.ceil((set.count * imageBytes(set)) / most));
  const chunk = Math.max(1, Math.floor(2 ** 22 / imageBytes(set)));
  const sum = createHash('sha256');
  for (let from = 0; from < set.count; from += each * chunk) {
    const count = Math.min(chunk, Math.ceil((set.count - from) / each));
    sum.update(each === 1 ? bytesOf(set, from, from + count) : gather(set, spread(from, count, each)));
  }
  return sum.digest('hex');
}

function spread(from: number, count: number, each: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i * each);
}
