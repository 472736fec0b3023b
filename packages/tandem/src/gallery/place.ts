import { UserError } from '../errors.js';

/** An encoder, as an index knows it. */
export interface EncoderFacts {
  /** SHA-256 of its file: vectors of other encoders are kept apart by it. */
  readonly sha256: string;
  /** Where it was when it was used last: a run folder or a file. */
  readonly path: string;
  /** Numbers in a vector. */
  readonly width: number;
}

/** One image with its vector. */
export interface IndexedImage {
  /** Its name among its images. */
  readonly file: string;
  /** Its class, where it lies in one. */
  readonly class?: string | undefined;
  /** What tells it from one of that name before it was changed. */
  readonly state: string;
}

/** What is looked for, and where. */
export interface VectorQuery {
  /** Of length 1. */
  readonly vector: Float32Array;
  /** At most so many. */
  readonly k: number;
  /** Of this class alone. */
  readonly class?: string | undefined;
  /** With this text in the file's name alone; case counts. */
  readonly path?: string | undefined;
  /** Whether all vectors are compared, though there is an approximate index. */
  readonly exact?: boolean | undefined;
}

/** An image that was found. */
export interface Match {
  /** The images it is of: a folder, an archive or a data set. */
  readonly images: string;
  /** Its name among them. */
  readonly file: string;
  /** Its class, where it lies in one. */
  readonly class?: string | undefined;
  /** Cosine, from -1 to 1. */
  readonly similarity: number;
}

/** The vectors of one encoder of one folder (or archive, ...) of images, to be written. */
export interface Collection {
  /** The state of every image that is in it. */
  states(): Promise<ReadonlyMap<string, string>>;
  /** Adds images with their vectors, rows of length 1, or puts them in place of earlier ones. */
  put(images: readonly IndexedImage[], vectors: Float32Array): Promise<void>;
  /** Takes images out. */
  remove(files: readonly string[]): Promise<void>;
  /** Brings what makes search quick up to date. @returns what the user should know of it */
  finish(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Where vectors are kept. All similarities are cosines of vectors of length 1. */
export interface Place {
  /** To write; nobody else may meanwhile. @param images a name that stays the same */
  collection(encoder: EncoderFacts, images: string): Promise<Collection>;
  /** Whose vectors there are. */
  encoders(): Promise<EncoderFacts[]>;
  /** The classes of an encoder's images, in order; those that lie in none are not told. */
  classes(encoder: EncoderFacts): Promise<string[]>;
  /** The nearest of an encoder's images, best first, and how many were looked through. */
  search(encoder: EncoderFacts, query: VectorQuery): Promise<{ matches: Match[]; among: number }>;
  close(): Promise<void>;
}

/** @throws UserError for a vector that has no direction, or is no vector */
export function checkUnit(vector: Float32Array, width: number, what: string): void {
  if (vector.length !== width) throw new UserError(`${what}: has ${vector.length} numbers, the index holds ${width}`);
  const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  if (!(Math.abs(length - 1) < 1e-3)) {
    throw new UserError(
      `${what}: ${length === 0 ? 'its features are all zero, so that it is like nothing' : `has length ${length}, not 1`}`,
    );
  }
}

/** The best of several lists together. */
export function bestOf(matches: readonly Match[], k: number): Match[] {
  return [...matches]
    .sort((a, b) => b.similarity - a.similarity || (a.file < b.file ? -1 : a.file > b.file ? 1 : 0))
    .slice(0, k);
}
