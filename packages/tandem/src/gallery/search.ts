import { UsageError, UserError } from '../errors.js';
import type { JobHooks } from '../evaluate/index.js';
import { digest } from '../files/digest.js';
import type { ImageLike } from '../images/index.js';
import { type LoadOptions, load, type Model } from '../load/index.js';
import { findEncoder } from '../runs/index.js';
import { openPlace, shownPlace } from './open-place.js';
import { checkUnit, type EncoderFacts, type Match, type Place, type VectorQuery } from './place.js';

/** What is looked for. */
export interface SearchOptions extends Partial<Omit<VectorQuery, 'vector'>> {}

/** Which index is opened, and with which encoder. */
export interface GalleryOptions extends Omit<LoadOptions, 'which'> {
  /** The run or file that pictures are looked at with; needed where an index has several. */
  readonly encoder?: string | undefined;
}

/** What was found. */
export interface Found {
  /** The nearest first. */
  readonly matches: readonly Match[];
  /** How many images were looked through. */
  readonly among: number;
}

/**
 * Opens an index to search it.
 * @param place a folder, or `postgres://...`, as `tandem index` was given
 * @throws UserError where there is none, or it holds vectors of another encoder than is asked for
 */
export async function openGallery(place: string, options: GalleryOptions = {}, hooks: JobHooks = {}): Promise<Gallery> {
  const opened = await openPlace(place, { mustExist: true });
  try {
    const encoder = chooseEncoder(shownPlace(place), await opened.encoders(), options.encoder);
    const at = options.encoder ?? encoder.path;
    checkSame(shownPlace(place), at, encoder);
    hooks.signal?.throwIfAborted();
    return new Gallery(opened, encoder, await load(at, options));
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** An index with the encoder that its vectors come from. The caller closes it. */
export class Gallery {
  readonly #place: Place;
  readonly #encoder: EncoderFacts;

  /** Use `openGallery`. */
  constructor(
    place: Place,
    encoder: EncoderFacts,
    /** What gives pictures their vectors. */
    readonly model: Model,
  ) {
    this.#place = place;
    this.#encoder = encoder;
  }

  /** Images like a picture: bytes, a path, a URL or pixels. */
  async search(picture: ImageLike, options: SearchOptions = {}): Promise<Found> {
    return this.near(await this.model.embed(picture, { normalize: true }), options);
  }

  /** Images whose vectors are near one of length 1. @throws UserError for another vector */
  async near(vector: Float32Array, { k = 20, ...filter }: SearchOptions = {}): Promise<Found> {
    if (!(Number.isInteger(k) && k >= 1 && k <= 10_000)) throw new UsageError(`--k must be from 1 to 10,000, got ${k}`);
    checkUnit(vector, this.#encoder.width, 'the vector');
    return this.#place.search(this.#encoder, { vector, k, ...filter });
  }

  /** The classes that its images lie in, in order. */
  classes(): Promise<string[]> {
    return this.#place.classes(this.#encoder);
  }

  /** Frees the encoder, and lets the place go. */
  async close(): Promise<void> {
    this.model.dispose();
    await this.#place.close();
  }
}

function chooseEncoder(place: string, all: readonly EncoderFacts[], asked: string | undefined): EncoderFacts {
  const [first, ...more] = all;
  if (!first) throw new UserError(`${place}: is no index, or nothing is in it yet; fill it with tandem index`);
  const names = all.map(({ path }) => path).join(', ');
  if (asked === undefined) {
    if (more.length > 0)
      throw new UsageError(`${place}: has vectors of ${all.length} encoders; give --encoder, one of ${names}`);
    return first;
  }
  const sha256 = digest([findEncoder(asked)]);
  const found = all.find((one) => one.sha256 === sha256);
  if (found) return found;
  throw new UserError(
    `${place}: has no vectors of ${asked} as it is now, only of ${names}; index the images with it first`,
  );
}

/** A vector of another encoder would find anything. */
function checkSame(place: string, at: string, { sha256 }: EncoderFacts): void {
  let now: string | undefined;
  try {
    now = digest([findEncoder(at)]);
  } catch (error) {
    throw new UserError(
      `${place}: its encoder is not where it was (${(error as Error).message}); give it with --encoder`,
    );
  }
  if (now === sha256) return;
  throw new UserError(`${place}: its vectors are of ${at} as it was before it was trained on; index the images anew`);
}
