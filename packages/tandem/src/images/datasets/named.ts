import type { OpenParts } from '../options.js';
import type { DataSet } from '../set/image-set.js';

/** Mean and standard deviation of each channel, of values in [0, 1]. */
export interface ChannelStatistics {
  /** Of each channel. */
  readonly mean: readonly number[];
  /** The standard deviation of each channel. */
  readonly std: readonly number[];
}

/**
 * A data set known by name. All that is particular to it stands in a file or folder of its own, and
 * `registry.ts` lists it.
 */
export interface NamedDataSet {
  /** What users call it. */
  readonly name: string;
  /** The usual constants of its training images. */
  readonly statistics: ChannelStatistics;
  /** How many images it has to learn from, as published, and their side in pixels. */
  readonly published: { readonly count: number; readonly side: number };
  /** What Hugging Face's Hub calls it; absent where it is not there. */
  readonly hubName?: string;
  /** Tells its files where someone opens their folder by path, and what to say to them. */
  readonly hint?: { readonly file: RegExp; readonly advice: string };
  /** @throws UserError where it is not found, or its files are not what they should be */
  open(parts: OpenParts): Promise<DataSet>;
}
