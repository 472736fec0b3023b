import { sideFor } from './decode.js';
import { type DataSet, type ImageSet, limit } from './imageset.js';
import type { OpenOptions } from './options.js';
import { resizeSet } from './resize.js';

/** Brings a data set of one size to the limit and size asked for. */
export function fitted(data: DataSet, { size, margin = 1, limit: most, seed }: OpenOptions): DataSet {
  const made = new Map<ImageSet, ImageSet>();
  const fit = (set: ImageSet): ImageSet => {
    const fewer = most === undefined ? set : limit(set, most, seed);
    const side = size === undefined ? undefined : sideFor(size, margin);
    const isEnough = margin > 1 && side !== undefined && Math.max(set.height, set.width) <= side;
    const fit = side === undefined || isEnough ? fewer : resizeSet(fewer, side);
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
