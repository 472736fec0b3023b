/**
 * The options of `openImages`: one flat list for users, and inside a few small parts. `partsOf`
 * checks and sorts them once, and each room takes the part it needs.
 */

import { UserError } from '../errors.js';

/** How many times as large as its views an image is kept, as usual: 256 for crops of 224. */
export const cropMargin = 8 / 7;

/** Where a data set known by name is looked for. */
export interface LocateOptions {
  /** First place to look for data sets known by name. */
  readonly dataRoot?: string | undefined;
  /**
   * Whether a data set known by name is fetched where it is missing; true unless TANDEM_OFFLINE is
   * set.
   */
  readonly download?: boolean | undefined;
}

/** How large images come out. */
export interface SizeOptions {
  /**
   * Side of the images, in pixels. Without it, data sets keep theirs; a folder's images keep theirs
   * where all are squares of one side of at most 128, and become 96 otherwise.
   */
  readonly size?: number | undefined;
  /**
   * Images come out so many times as large, because crops of `size` will be taken from them; those
   * of one small side are then never enlarged. Default 1.
   */
  readonly margin?: number | undefined;
}

/** What names classes and split, where folders and files do not say it as is usual. */
export interface LayoutOptions {
  /**
   * What names the class of an image: `level=1`, the outermost folder below the split, `level=-1`,
   * the folder that holds the image; a regular expression over paths, whose first group is the
   * class; or `none`.
   */
  readonly classes?: string | undefined;
  /** A glob over paths or folders of the images to learn from. */
  readonly train?: string | undefined;
  /** A glob over paths or folders of the images to ask about. */
  readonly test?: string | undefined;
}

/** Which columns of a list or table are meant; guessed where they are not named. */
export interface ColumnOptions {
  /**
   * The column of paths, URLs or images; of WebDataset's samples with several images the one that
   * is used, such as `left.jpg`.
   */
  readonly imageColumn?: string | undefined;
  /** The column of classes. */
  readonly labelColumn?: string | undefined;
  /** The column that says train, test, ... */
  readonly splitColumn?: string | undefined;
}

/** What the numbers of a file mean. */
export interface PixelOptions {
  /**
   * 3 for red, green and blue, 1 for gray: pictures are converted, and a note says so. Any other
   * number up to 16: files must have so many bands. Defaults to what the first image has: 3 for
   * pictures, its bands for a TIFF or an array of others; data sets known by name keep theirs.
   */
  readonly channels?: number | undefined;
  /**
   * Bits of a sample, 8 or 16. Defaults to 8 for pictures, and to 16 for bands of more than 8 bits.
   */
  readonly bits?: number | undefined;
  /**
   * Which numbers are black and white in files of floats, of signed numbers, or of more than 8 bits
   * a number; what lies outside becomes black or white. Without it, see docs/reference/images.md.
   */
  readonly range?: readonly [black: number, white: number] | undefined;
}

/** Which images are used. */
export interface SampleOptions {
  /** At most so many training images, and at most so many queries; even over the classes. */
  readonly limit?: number | undefined;
  /** A list of images that are not used: a text file, a path below the folder or archive a line. */
  readonly leaveOut?: string | undefined;
  /** Decides what a limit draws; default 0. */
  readonly seed?: number | undefined;
}

/** Where decoded images are kept. */
export interface StorageOptions {
  /** Bytes of decoded images that may be held in memory; default 1 GiB. */
  readonly memory?: number | undefined;
  /**
   * Folder for decoded images that are too many for the memory; default `tandem/images` in the
   * user's cache.
   */
  readonly cache?: string | undefined;
  /** Bytes of files from URLs and buckets that are kept on disk; default 10 GiB. */
  readonly streamCache?: number | undefined;
}

/** How images are read while they are learned from. */
export interface StreamOptions {
  /**
   * Whether they are: `on`, `off`, or `auto`, which is on for URLs that stand for several files and
   * for buckets.
   */
  readonly stream?: 'auto' | 'on' | 'off' | undefined;
  /** Shards that are mixed at a time; defaults to 16, or as many as fit twice in `streamCache`. */
  readonly streamWindow?: number | undefined;
  /** Images in an epoch; defaults to as many as there are, as far as that is known. */
  readonly epochImages?: number | undefined;
  /** Labelled images to measure on, in place of some of the stream's. */
  readonly measureOn?: string | undefined;
}

/** How the work is followed and stopped. */
export interface ProgressOptions {
  /**
   * Told what is being done (`finding` files, then `decoding` them), how much of it, and of how
   * much where that is known.
   */
  readonly onProgress?: ((done: number, total: number | undefined, what: string) => void) | undefined;
  /** Stops the work; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How images are found, brought to one size, sampled and stored, and how that is reported. */
export interface OpenOptions
  extends LocateOptions,
    LayoutOptions,
    ColumnOptions,
    SizeOptions,
    PixelOptions,
    SampleOptions,
    StorageOptions,
    StreamOptions,
    ProgressOptions {
  /**
   * Share of files that may fail to decode, default 0.05. In a small collection up to five may, or
   * half of them where there are fewer than ten. 0 tolerates none.
   */
  readonly maxSkippedShare?: number | undefined;
}

/** The same options, sorted by what they decide. */
export interface OpenParts {
  readonly locate: LocateOptions;
  readonly layout: LayoutOptions;
  readonly columns: ColumnOptions;
  readonly sizing: SizeOptions;
  readonly pixels: PixelOptions;
  readonly sample: SampleOptions;
  readonly storage: StorageOptions;
  readonly streaming: StreamOptions;
  readonly progress: ProgressOptions;
  readonly maxSkippedShare: number | undefined;
}

/** @throws UserError for what is out of range */
export function partsOf(options: OpenOptions): OpenParts {
  const { classes, train, test, imageColumn, labelColumn, splitColumn } = options;
  const { channels, bits, range, leaveOut, streamCache, stream, streamWindow, epochImages, measureOn } = options;
  const { dataRoot, download, size, margin, limit, seed, memory, cache, maxSkippedShare, onProgress, signal } = options;
  if (size !== undefined && !(Number.isInteger(size) && size >= 1 && size <= 4096)) {
    throw new UserError(`size must be a whole number of pixels from 1 to 4096, not ${size}`);
  }
  if (margin !== undefined && !(margin >= 1 && margin <= 4)) {
    throw new UserError(`margin must be from 1 to 4, not ${margin}`);
  }
  if (channels !== undefined && !(Number.isInteger(channels) && channels >= 1 && channels <= 16)) {
    throw new UserError(`channels must be a whole number from 1 to 16, not ${channels}`);
  }
  if (bits !== undefined && bits !== 8 && bits !== 16) throw new UserError(`bits must be 8 or 16, not ${bits}`);
  if (range !== undefined && !(range.every(Number.isFinite) && range[0] < range[1])) {
    throw new UserError(`range must be two numbers, black and white, the first below the second, not ${range}`);
  }
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1)) {
    throw new UserError(`limit must be a whole number of images of at least 1, not ${limit}`);
  }
  if (seed !== undefined && !(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new UserError(`seed must be a whole number from 0 on, not ${seed}`);
  }
  if (memory !== undefined && !(memory >= 0)) {
    throw new UserError(`memory must be a number of bytes from 0 on, not ${memory}`);
  }
  if (streamCache !== undefined && !(streamCache >= 1))
    throw new UserError(`streamCache must be a number of bytes from 1 on, not ${streamCache}`);
  for (const [name, value] of Object.entries({ streamWindow, epochImages })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1))
      throw new UserError(`${name} must be a whole number from 1 on, not ${value}`);
  }
  if (maxSkippedShare !== undefined && !(maxSkippedShare >= 0 && maxSkippedShare <= 1)) {
    throw new UserError(`maxSkippedShare must be between 0 and 1, not ${maxSkippedShare}`);
  }
  return {
    locate: { dataRoot, download },
    layout: { classes, train, test },
    columns: { imageColumn, labelColumn, splitColumn },
    sizing: { size, margin },
    pixels: { channels, bits, range },
    sample: { limit, seed, leaveOut },
    storage: { memory, cache, streamCache },
    streaming: { stream, streamWindow, epochImages, measureOn },
    progress: { onProgress, signal },
    maxSkippedShare,
  };
}

/**
 * Two numbers as a setting holds them, `black,white`.
 *
 * @throws UserError where it holds others
 */
export function parseRange(text: string): readonly [black: number, white: number] {
  const [black, white, ...others] = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (black !== undefined && white !== undefined && others.length === 0 && black < white) return [black, white];
  throw new UserError(`range must be two numbers, black and white, as in range=0,10000, not ${text}`);
}
