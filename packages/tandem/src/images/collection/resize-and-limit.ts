import { sideFor } from '../decode/decode-all.js';
import type { OpenOptions } from '../options.js';
import { type DataSet, type ImageSet, limit } from '../set/image-set.js';
import { resizeSet } from '../set/resize.js';

/**
 * The side that images of a data set are brought to; undefined where they stay as they are, as
 * small ones do that crops are taken from.
 */
export function fittedSide(own: number, { size, margin = 1 }: OpenOptions): number | undefined {
  if (size === undefined) return undefined;
  const side = sideFor(size, margin);
  return margin > 1 && own <= side ? undefined : side;
}

/** Brings a data set of one size to the limit and size asked for. */
export function fitted(data: DataSet, options: OpenOptions): DataSet {
  const { size, limit: most, seed } = options;
  const made = new Map<ImageSet, ImageSet>();
  const fit = (set: ImageSet): ImageSet => {
    const fewer = most === undefined ? set : limit(set, most, seed);
    const side = fittedSide(Math.max(set.height, set.width), options);
    const fit = side === undefined ? fewer : resizeSet(fewer, side);
    made.set(set, fit);
    return fit;
  };
  const once = (set: ImageSet) => made.get(set) ?? fit(set);
  return {
    ...data,
    train: once(data.train),
    ...(data.bank && { bank: once(data.bank) }),
    ...(data.queries && { queries: once(data.queries) }),
    ...(size !== undefined && { size }),
  };
}
