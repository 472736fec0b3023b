import { UserError } from '../errors.js';

/** How many times as large as its views an image is kept, as usual: 256 for crops of 224. */
export const CROP_MARGIN = 8 / 7;

export interface OpenOptions {
  /** First place to look for data sets known by name. */
  readonly dataRoot?: string | undefined;
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
  /** At most so many training images, and at most so many queries; even over the classes. */
  readonly limit?: number | undefined;
  /** Decides what a limit draws and what is held out as queries; default 0. */
  readonly seed?: number | undefined;
  /**
   * Share of files that may fail to decode, default 0.05. In a small collection up to five may, or
   * half of them where there are fewer than ten. 0 tolerates none.
   */
  readonly maxSkippedShare?: number | undefined;
  /**
   * Folder for decoded images that are too many for the memory; `tandem/images` in the user's cache
   * unless given.
   */
  readonly cache?: string | undefined;
  /** Bytes of decoded images that may be held in memory; 1 GiB unless given. */
  readonly memory?: number | undefined;
  /**
   * Whether a data set known by name is fetched where it is missing; true unless TANDEM_OFFLINE is
   * set.
   */
  readonly download?: boolean | undefined;
  /**
   * Told what is being done (`finding` files, then `decoding` them), how much of it, and of how
   * much where that is known.
   */
  readonly onProgress?: ((done: number, total: number | undefined, what: string) => void) | undefined;
  /** Stops the work; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** @throws UserError for what is out of range */
export function checkOptions({ size, margin, limit, seed, memory, maxSkippedShare: share }: OpenOptions): void {
  if (size !== undefined && !(Number.isInteger(size) && size >= 1 && size <= 4096)) {
    throw new UserError(`size must be a whole number of pixels from 1 to 4096, not ${size}`);
  }
  if (margin !== undefined && !(margin >= 1 && margin <= 4)) {
    throw new UserError(`margin must be from 1 to 4, not ${margin}`);
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
  if (share !== undefined && !(share >= 0 && share <= 1)) {
    throw new UserError(`maxSkippedShare must be between 0 and 1, not ${share}`);
  }
}
