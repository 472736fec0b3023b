import { UsageError } from '../errors.js';
import type { JobHooks } from '../evaluate/index.js';
import { openingFor } from '../evaluate/open.js';
import { type Seen, type SkippedFile, surveyImages } from '../images/index.js';
import { chained, type Led, led } from './alike.js';
import { type CurateOptions, type Picture, type Vectors, vectorsOf, withRows } from './vectors.js';

/** Which pictures are compared, and when two count as near-duplicates. */
export interface DuplicateOptions extends CurateOptions {
  /** The least cosine of two near-duplicates, above 0 up to 1; defaults to 0.97. */
  readonly threshold?: number | undefined;
}

/** A picture of a group of near-duplicates. */
export interface Duplicate extends Picture {
  /** Cosine with the one that is kept; 1 for that. */
  readonly similarity: number;
  /** Whether it is the kept one, byte by byte. */
  readonly isCopy: boolean;
  /** In pixels, where the file could be read again. */
  readonly width?: number | undefined;
  /** As `width`. */
  readonly height?: number | undefined;
}

/** What `findDuplicates` found. */
export interface Duplicates {
  /** The encoder's file. */
  readonly encoder: string;
  /** The cosine from which on pictures counted as near-duplicates. */
  readonly threshold: number;
  /** Pictures that were compared. */
  readonly images: number;
  /**
   * The largest first. The first picture of each is the one to keep: the one with most pixels, of
   * these the first by name; the others follow by similarity with it.
   */
  readonly groups: readonly (readonly Duplicate[])[];
  /** Files that were not compared, with the reason. */
  readonly skipped: readonly SkippedFile[];
}

/** The cosine from which on pictures count as near-duplicates. */
export const defaultThreshold = 0.97;

/**
 * Finds near-duplicates by the cosine of their features: all pairs are compared. Each picture of a
 * group is at least so similar to the one that is kept.
 * @throws UserError where there is no such encoder, or too many pictures cannot be read
 */
export async function findDuplicates(options: DuplicateOptions, hooks: JobHooks = {}): Promise<Duplicates> {
  const { threshold = defaultThreshold, images } = options;
  if (!(threshold > 0 && threshold <= 1)) {
    throw new UsageError(`--threshold must be a cosine above 0 and at most 1, got ${threshold}`);
  }
  const vectors = await vectorsOf(options, 1, hooks);
  // Products of float32 rows of length 1 miss 1 by a little.
  const least = Math.min(threshold, 1 - 1e-6);
  const groups = await withRows(vectors, async (x) => {
    const near = await chained(x, least, hooks);
    if (near.length === 0) return [];
    const members = new Set(near.flat().map((i) => (vectors.pictures[i] as Picture).file));
    const { seen } = await surveyImages(images, { ...openingFor(options), signal: hooks.signal }, members);
    const looks = new Map(seen.map((one) => [one.name, one]));
    return near.flatMap((group) =>
      led(x, byPreference(group, vectors, looks), least).map((one) => described(one, vectors, looks)),
    );
  });
  groups.sort((a, b) => b.length - a.length || (fileOf(a) < fileOf(b) ? -1 : 1));
  const { encoder, pictures, skipped } = vectors;
  if (groups.flat().length > pictures.length / 2) {
    hooks.onNote?.(
      `most pictures are near another by a cosine of ${threshold}: give a higher --threshold, or an encoder that has learned more`,
    );
  }
  return { encoder, threshold, images: pictures.length, groups, skipped };
}

const fileOf = (group: readonly Duplicate[]) => (group[0] as Duplicate).file;

/** Most pixels first, then by name. */
function byPreference(group: readonly number[], { pictures }: Vectors, looks: ReadonlyMap<string, Seen>): number[] {
  const nameOf = (i: number) => (pictures[i] as Picture).file;
  const pixels = (i: number) => {
    const { width = 0, height = 0 } = looks.get(nameOf(i)) ?? {};
    return width * height;
  };
  return [...group].sort((a, b) => pixels(b) - pixels(a) || (nameOf(a) < nameOf(b) ? -1 : 1));
}

function described({ leader, others }: Led, { pictures }: Vectors, looks: ReadonlyMap<string, Seen>): Duplicate[] {
  const kept = looks.get((pictures[leader] as Picture).file)?.digest;
  return [{ index: leader, similarity: 1 }, ...others].map(({ index, similarity }) => {
    const picture = pictures[index] as Picture;
    const look = looks.get(picture.file);
    const isCopy = index !== leader && kept !== undefined && look?.digest === kept;
    return { ...picture, similarity, isCopy, width: look?.width, height: look?.height };
  });
}
