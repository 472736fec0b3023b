import type { JobHooks } from '../evaluate/index.js';
import type { SkippedFile } from '../images/index.js';
import { cosineDistance, meanDistances } from './neighbours.js';
import { type CurateOptions, type Picture, vectorsOf, withRows } from './vectors.js';

/** Which pictures are looked at. */
export interface OutlierOptions extends CurateOptions {
  /** Neighbours that count; defaults to 10, or all others where there are fewer. */
  readonly k?: number | undefined;
}

/** A picture, and how far it is from others. */
export interface Outlier extends Picture {
  /** Mean of 1 - cosine to the nearest others, from 0 to 2. */
  readonly distance: number;
}

/** What `findOutliers` found. */
export interface Outliers {
  /** The encoder's file. */
  readonly encoder: string;
  /** Neighbours that counted. */
  readonly k: number;
  /** All pictures, those most unlike others first. */
  readonly ranked: readonly Outlier[];
  /** Files that were not looked at, with the reason. */
  readonly skipped: readonly SkippedFile[];
}

/** Neighbours that count. */
export const defaultNeighbours = 10;

/**
 * Ranks pictures by the mean distance to their k nearest neighbours (Angiulli and Pizzuti, 2002):
 * what is like nothing else comes first.
 * @throws UserError where there is no such encoder, or too many pictures cannot be read
 */
export async function findOutliers(options: OutlierOptions, hooks: JobHooks = {}): Promise<Outliers> {
  const vectors = await vectorsOf(options, 2, hooks);
  const { encoder, pictures, skipped } = vectors;
  const k = Math.min(options.k ?? defaultNeighbours, pictures.length - 1);
  const distances = await withRows(vectors, (x) => meanDistances(x, k, cosineDistance, hooks));
  const ranked = pictures
    .map((picture, i) => ({ ...picture, distance: distances[i] as number }))
    .sort((a, b) => b.distance - a.distance || (a.file < b.file ? -1 : 1));
  return { encoder, k, ranked, skipped };
}
