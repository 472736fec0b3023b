import { resizedSide } from '../decode/side.js';
import type { OpenParts } from '../options.js';
import { type DataSet, type ImageSet, limit } from '../set/image-set.js';
import { resizeSet } from '../set/resize.js';

/** Brings a data set of one size to the limit and size asked for. */
export function resizeAndLimit(data: DataSet, { sizing, sample }: Pick<OpenParts, 'sizing' | 'sample'>): DataSet {
  const { limit: most, seed } = sample;
  const made = new Map<ImageSet, ImageSet>();
  const make = (set: ImageSet): ImageSet => {
    const fewer = most === undefined ? set : limit(set, most, seed);
    const side = resizedSide(Math.max(set.height, set.width), sizing);
    const resized = side === undefined ? fewer : resizeSet(fewer, side);
    made.set(set, resized);
    return resized;
  };
  const once = (set: ImageSet) => made.get(set) ?? make(set);
  return {
    ...data,
    train: once(data.train),
    ...(data.reference && { reference: once(data.reference) }),
    ...(data.queries && { queries: once(data.queries) }),
    ...(sizing.size !== undefined && { size: sizing.size }),
  };
}
