import { UsageError } from '../errors.js';
import type { JobHooks } from '../evaluate/index.js';
import type { SkippedFile } from '../images/index.js';
import { farthestFirst } from './diversity.js';
import { mostTypical } from './typicality.js';
import { type CurateOptions, type Picture, vectorsOf, withRows } from './vectors.js';

/** By what pictures are selected. */
export const selections = ['diversity', 'typicality'] as const;

/** How many pictures are selected, and how. */
export interface SelectOptions extends CurateOptions {
  /** From 1 to the number of pictures. */
  readonly n: number;
  /** What the selection is to be; defaults to diverse. */
  readonly by?: (typeof selections)[number] | undefined;
  /** Defaults to 0; the same seed selects the same pictures. */
  readonly seed?: number | undefined;
}

/** What `selectImages` chose. */
export interface Selection {
  /** The encoder's file. */
  readonly encoder: string;
  /** In the order in which they were chosen: the first ones are a selection too. */
  readonly selected: readonly Picture[];
  /** Pictures that there are. */
  readonly among: number;
  /**
   * By diversity: the largest distance (1 - cosine) of any picture from the nearest selected one.
   */
  readonly radius?: number | undefined;
  /** Files that could not be chosen, with the reason. */
  readonly skipped: readonly SkippedFile[];
}

/**
 * Selects pictures to be labelled: such that all are near a selected one (`farthestFirst`), or the
 * most typical of each cluster (`mostTypical`).
 * @throws UserError where there is no such encoder, too many pictures cannot be read, or there are
 * fewer than are wanted
 */
export async function selectImages(options: SelectOptions, hooks: JobHooks = {}): Promise<Selection> {
  const { n, by = 'diversity', seed = 0 } = options;
  if (!(Number.isSafeInteger(n) && n >= 1)) throw new UsageError(`--n must be a whole number of at least 1, got ${n}`);
  const vectors = await vectorsOf(options, n, hooks);
  const { encoder, pictures, skipped } = vectors;
  const { rows, radius } = await withRows(
    vectors,
    async (x): Promise<{ rows: readonly number[]; radius?: number }> =>
      by === 'diversity' ? farthestFirst(x, n, seed, hooks) : { rows: await mostTypical(x, n, seed, hooks) },
  );
  return { encoder, selected: rows.map((i) => pictures[i] as Picture), among: pictures.length, radius, skipped };
}
