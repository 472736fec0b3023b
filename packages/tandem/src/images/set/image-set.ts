/**
 * The data model: sets of equally sized images, the pixels in memory or in a file, and what is done
 * with them: batches, draws, limits, resizing, fingerprints. The room knows no file format and no
 * decoder, and every other room of the images builds on it.
 */

import { PixelFile, type Pixels } from './pixel-file.js';
import { balanced } from './sampling.js';

/** What a pixel consists of. */
export interface PixelFormat {
  /** 3 for colour, 1 for gray; 1 to 16 where a source gives pixels. */
  readonly channels: number;
  /**
   * Bits of a sample where they are 16: 0 to 65535, in two bytes, the lower one first. Absent for
   * 8.
   */
  readonly depth?: 16 | undefined;
}

/** Bytes of a pixel. */
export function pixelBytes({ channels, depth }: PixelFormat): number {
  return depth === 16 ? 2 * channels : channels;
}

/**
 * Equally sized images as host bytes. `pixels` is count x channels x height x width, planar (all
 * red, all green, all blue; or one gray plane), 0 to 255, or of 16 bits; of a set too large for the
 * memory, it is the file that holds them: `gather`, `inOrder` and `bytesOf` read either. It may be
 * a window of a larger buffer shared with other sets: never write to it.
 */
export interface ImageSet extends PixelFormat {
  /** Of its data set. */
  readonly name: string;
  /** How many images there are. */
  readonly count: number;
  /** Of every image, in pixels. */
  readonly height: number;
  /** Of every image, in pixels. */
  readonly width: number;
  /** The bytes of all images, one after another. */
  readonly pixels: Pixels;
  /** The class of each image, an index into `classes`. */
  readonly labels?: Int32Array;
  /** Their names, in the order of the labels. */
  readonly classes?: readonly string[];
  /**
   * The file each image came from, below the folder or archive that was opened; absent for binary
   * data sets.
   */
  readonly files?: readonly string[];
}

/** A file that could not be decoded. */
export interface SkippedFile {
  /** Its path below the folder or archive that was opened. */
  readonly file: string;
  /** Why, in words. */
  readonly reason: string;
}

/** Some images: which ones, and their bytes (images x channels x height x width). */
export interface Batch {
  /** Of each image in its set; of a stream in its epoch. */
  readonly indices: Uint32Array;
  /** Planar, 0 to 255, image by image in the order of `indices`. */
  readonly bytes: Uint8Array;
}

/** Which images of each batch are here, where other processes have the rest. */
export interface Share {
  /** The first of them in the batch. */
  readonly from: number;
  /** How many. */
  readonly count: number;
}

/** Whole batches, epoch by epoch, in an order that seed and position alone decide. */
export interface BatchSource {
  /** What the batches are drawn from, or images like them where they come as a stream. */
  readonly set: ImageSet;
  /** Images in a batch. */
  readonly size: number;
  /** Batches in an epoch. */
  readonly perEpoch: number;
  /**
   * The batches of one epoch from batch `fromBatch` on; each brings arrays of its own.
   *
   * @param epoch from 0
   */
  epoch(epoch: number, fromBatch?: number): Iterable<Batch> | AsyncIterable<Batch>;
  /** Which images these are, for whoever has all of the set already; absent for a stream. */
  order?(epoch: number, fromBatch?: number): Iterable<Uint32Array>;
  /** How a stream flows; absent for a set. */
  flow?(): Flow;
  /** Ends what a stream has under way. */
  close?(): void;
}

/** How a stream flows. */
export interface Flow {
  /** Bytes that come in a second, lately. */
  readonly bytesPerSecond: number;
  /** Share of the time for which images were waited for. */
  readonly waited: number;
  /** Images that could not be decoded so far. */
  readonly skipped: readonly SkippedFile[];
}

/** Images that are read while they are learned from, however many they are. */
export interface StreamedImages {
  /** Images in an epoch: as many as there are, as far as that is known. */
  readonly count: number;
  /** Shards that are mixed at a time. */
  readonly window: number;
  /** Of the names, sizes and versions of all shards. */
  readonly fingerprint: string;
  /**
   * @param share which images of each batch are read and decoded here; defaults to all
   * @throws UserError where a batch is larger than an epoch
   */
  batches(size: number, seed: number, share?: Share): BatchSource;
}

/**
 * What a source holds. `train` is learned from, with labels only by methods that ask for them.
 * `reference` is what a k-NN classifier knows, and `queries` are what it is asked about, both
 * absent without labels.
 */
export interface DataSet {
  /** Of the known data set, or of the folder or archive. */
  readonly name: string;
  /** All images that a method may learn from; where they are streamed, some of them. */
  readonly train: ImageSet;
  /** What is learned from, where it is streamed; the sets are what is measured and shown then. */
  readonly stream?: StreamedImages;
  /** Images whose labels a k-NN classifier knows; often `train`, and then the same object. */
  readonly reference?: ImageSet;
  /** Labelled images that it has not seen: of a test folder, or held out of `train`. */
  readonly queries?: ImageSet;
  /** Files that could not be decoded; none of them is in a set. */
  readonly skipped: readonly SkippedFile[];
  /**
   * Side of the views that were asked for, where the images are larger (see `OpenOptions.margin`).
   */
  readonly size?: number;
  /** Why the test images that are there cannot be the queries; others are held out then. */
  readonly misfit?: string;
  /**
   * What the user should know: how the split was made, why k-NN is not possible, what was left out.
   */
  readonly note?: string;
}

/** The bytes of one image of a set. */
export function imageBytes(set: Pick<ImageSet, 'channels' | 'depth' | 'height' | 'width'>): number {
  return pixelBytes(set) * set.height * set.width;
}

/**
 * The images at `indices`, one after another in a new array.
 *
 * @throws RangeError for an index outside the set
 */
export function gather(set: ImageSet, indices: ArrayLike<number>): Uint8Array {
  const stride = imageBytes(set);
  const bytes = new Uint8Array(indices.length * stride);
  const { pixels } = set;
  for (let i = 0; i < indices.length; i++) {
    const index = checkedIndex(set, indices, i);
    if (pixels instanceof PixelFile) pixels.read(index, bytes, i * stride);
    else bytes.set(pixels.subarray(index * stride, (index + 1) * stride), i * stride);
  }
  return bytes;
}

/**
 * The bytes of images `from` up to but without `to`: a window where they are in memory, a copy
 * where they are in a file. Never write to it.
 */
export function bytesOf(set: ImageSet, from = 0, to = set.count): Uint8Array {
  const stride = imageBytes(set);
  if (!(set.pixels instanceof PixelFile)) return set.pixels.subarray(from * stride, to * stride);
  return gather(
    set,
    Array.from({ length: to - from }, (_, i) => from + i),
  );
}

/** The samples of bytes, 0 to 255 or 0 to 65535. */
export function samplesOf(bytes: Uint8Array, { depth }: PixelFormat): Uint8Array | Uint16Array {
  return depth === 16 ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2) : bytes;
}

/**
 * One image as people can look at it: planar bytes of three channels, the first ones, or of one
 * where there are fewer.
 */
export function pictureOf(set: ImageSet, index: number): { readonly channels: 1 | 3; readonly pixels: Uint8Array } {
  const channels = set.channels >= 3 ? 3 : 1;
  const samples = samplesOf(bytesOf(set, index, index + 1), set).subarray(0, channels * set.height * set.width);
  return { channels, pixels: samples instanceof Uint16Array ? Uint8Array.from(samples, (x) => x >> 8) : samples };
}

/**
 * A set of its own with the images at `indices`, in that order; copies their bytes unless they are
 * in a file.
 *
 * @throws RangeError for an index outside the set
 */
export function subset(set: ImageSet, indices: ArrayLike<number>): ImageSet {
  const { labels, files } = set;
  const checked = Array.from({ length: indices.length }, (_, i) => checkedIndex(set, indices, i));
  return {
    ...set,
    count: checked.length,
    pixels: set.pixels instanceof PixelFile ? set.pixels.select(checked) : gather(set, checked),
    ...(labels && { labels: Int32Array.from(checked, (i) => labels[i] as number) }),
    ...(files && { files: checked.map((i) => files[i] as string) }),
  };
}

/** Images `from` up to but without `to`, as a window of the same bytes: nothing is copied. */
export function slice(set: ImageSet, from: number, to: number): ImageSet {
  return {
    ...set,
    count: to - from,
    pixels: set.pixels instanceof PixelFile ? set.pixels.slice(from, to) : bytesOf(set, from, to),
    ...(set.labels && { labels: set.labels.subarray(from, to) }),
    ...(set.files && { files: set.files.slice(from, to) }),
  };
}

/**
 * At most `n` images of a set: a seeded draw, as even over the classes as can be where there are
 * labels, in the set's own order. A smaller limit draws some of the images of a larger one.
 */
export function limit(set: ImageSet, n: number, seed = 0): ImageSet {
  return n >= set.count ? set : subset(set, balanced(set.count, set.labels, n, seed));
}

function checkedIndex(set: ImageSet, indices: ArrayLike<number>, i: number): number {
  const index = indices[i] as number;
  if (!Number.isInteger(index) || index < 0 || index >= set.count) {
    throw new RangeError(`image ${index} is not in ${set.name}, which has ${set.count}`);
  }
  return index;
}
