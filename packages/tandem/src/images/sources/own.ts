/**
 * Images that a program gives: anything that can be gone through, or be asked for its images by
 * number.
 */

import { createHash, type Hash, randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { shown, UserError } from '../../errors.js';
import { isOfTheDisk, reasonOf } from '../../files/system-error.js';
import { checkNumber } from './formats.js';
import { NoAnswer, request } from './http/request.js';
import type { Encoded, RawPixels, Said, Source } from './source.js';
import { Spool } from './spool.js';

/** What is known of an image beside its pixels. */
export interface ImageFacts {
  /** Unlike that of any other; defaults to its number, from 0. */
  readonly name?: string | undefined;
  /** Its class; k-NN and the methods that learn from labels need it. */
  readonly label?: string | number | undefined;
  /** `test` for images that are not learned from, but asked of k-NN; defaults to `train`. */
  readonly split?: 'train' | 'test' | undefined;
}

/**
 * What an image may be: an encoded picture, the path of a file or the URL of one (`file:`, `http:`,
 * `https:`), or its pixels.
 */
export type ImageLike = Uint8Array | ArrayBuffer | string | URL | RawPixels;

/** An image with what is known of it. */
export interface OwnImage extends ImageFacts {
  /** The image itself. */
  readonly image: ImageLike;
}

/** Images that can be asked for by number, again and again. */
export interface IndexedImages {
  /** How many there are. */
  readonly count: number;
  /** The image of a number from 0 to `count` - 1; each time the same. */
  at(index: number): OwnImage | Promise<OwnImage>;
  /**
   * What is known of it without its pixels. Where this is given, no image is asked for that is not
   * used, and none twice.
   */
  about?(index: number): ImageFacts | Promise<ImageFacts>;
  /**
   * What tells these images from those of another day: as long as it stays, decoded images may be
   * taken from the cache. Without it `about` makes them anew each time.
   */
  readonly version?: string | undefined;
}

/**
 * Images from code, under a name. What can be gone through once is enough: the encoded images are
 * kept meanwhile, in memory up to 256 MiB, then in a file.
 */
export interface ImageSource {
  /** What to call them. */
  readonly name: string;
  /**
   * An iterable, a function that begins one (so that it can be used again), or images by number.
   */
  readonly images: ImagesInOrder | (() => ImagesInOrder) | IndexedImages;
}

/** Images from code that can be opened by name. */
export interface ImageDefinition extends ImageSource {
  /** What is defined. */
  readonly kind: 'images';
}

/**
 * Defines images: they can be opened by their name once `use` was called with them, or with the
 * file that exports them.
 * @example
 * ```ts
 * import { readdir, readFile } from 'node:fs/promises';
 * import { defineImages, openImages } from 'tandem-vision';
 *
 * const mine = defineImages({
 *   name: 'mine',
 *   images: async function* () {
 *     for (const label of ['cats', 'dogs']) {
 *       for (const name of await readdir(`pictures/${label}`)) {
 *         const path = `pictures/${label}/${name}`;
 *         yield { name: path, label, image: await readFile(path) };
 *       }
 *     }
 *   },
 * });
 * const { train } = await openImages(mine);
 * console.log(train.classes?.join()); // cats,dogs
 * ```
 */
export function defineImages(source: ImageSource): ImageDefinition {
  return { kind: 'images', ...source };
}

/** Images one after another. */
export type ImagesInOrder = Iterable<OwnImage> | AsyncIterable<OwnImage>;

/** How the reading is followed and stopped. */
interface Reading {
  readonly onFound?: (images: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The images of a program as a source; names and labels are read at once.
 * @throws UserError where they end before they should, fail, or are no images
 */
export async function openOwn({ name, images }: ImageSource, reading: Reading = {}): Promise<Source> {
  const facts = new Facts(name);
  if (typeof images === 'object' && 'count' in images) return openIndexed(name, images, facts, reading);
  const spool = new Spool();
  const state = createHash('sha256');
  const given = typeof images === 'function' ? images() : images;
  for await (const one of watched(name, given)) {
    reading.signal?.throwIfAborted();
    const encoded = await encodedOf(checked(name, facts.count, one).image);
    facts.add(one);
    digestInto(state, encoded);
    spool.add(encoded);
    reading.onFound?.(facts.count);
  }
  return facts.source(state.digest('hex'), async (index) => spool.read(index));
}

async function openIndexed(name: string, images: IndexedImages, facts: Facts, reading: Reading): Promise<Source> {
  const { count, version } = images;
  if (!Number.isSafeInteger(count) || count < 0)
    throw new UserError(`${where(name)}: count must be a whole number, not ${shown(count)}`);
  checkNumber(where(name), count);
  const read = async (index: number) => {
    const one = await called(name, index, () => images.at(index));
    return checked(name, index, one);
  };
  const state = createHash('sha256');
  for (let index = 0; index < count; index++) {
    reading.signal?.throwIfAborted();
    if (images.about) {
      facts.add(await called(name, index, () => images.about?.(index) ?? {}));
    } else {
      const one = await read(index);
      facts.add(one);
      digestInto(state, await encodedOf(one.image));
    }
    reading.onFound?.(index + 1);
  }
  const known = images.about ? (version ?? randomUUID()) : state.digest('hex');
  return facts.source(known, async (index) => encodedOf((await read(index)).image));
}

/** What is known of images, while they come. */
class Facts {
  readonly #said = new Map<string, Said>();

  constructor(readonly name: string) {}

  get count(): number {
    return this.#said.size;
  }

  /** @throws UserError for a name that is there already */
  add({ name = String(this.count), label, split }: ImageFacts): void {
    if (this.#said.has(name)) throw new UserError(`${where(this.name)}: two images are called ${shown(name)}`);
    if (split !== undefined && split !== 'train' && split !== 'test') {
      throw new UserError(
        `${where(this.name)}: the split of ${shown(name)} must be train or test, not ${shown(split)}`,
      );
    }
    this.#said.set(name, {
      folders: [],
      label: label === undefined ? undefined : String(label),
      split: split ?? 'train',
    });
  }

  /** @param read the image of a number */
  source(state: string, read: (index: number) => Promise<Encoded>): Source {
    const paths = [...this.#said.keys()];
    const numbers = new Map(paths.map((path, index) => [path, index]));
    return {
      ...{ name: this.name, where: where(this.name), paths, said: (path: string) => this.#said.get(path), state },
      ...{ faults: [], notes: [], others: [] },
      origins: () => [],
      async *contents(wanted, signal) {
        for (const [index, path] of wanted.entries()) {
          signal?.throwIfAborted();
          yield { index, ...(await read(numbers.get(path) as number)) };
        }
      },
    };
  }
}

function where(name: string): string {
  return `the images '${name}' from code`;
}

/** @throws UserError where they fail, saying after how many */
async function* watched(name: string, images: ImagesInOrder): AsyncGenerator<OwnImage> {
  let count = 0;
  try {
    for await (const one of images) {
      yield one;
      count++;
    }
  } catch (error) {
    throw failed(`${where(name)} failed after ${count}`, error);
  }
}

async function called<T>(name: string, index: number, call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw failed(`${where(name)}: number ${index} failed`, error);
  }
}

function failed(what: string, error: unknown): UserError {
  if (error instanceof UserError) return error;
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return new UserError(`${what}: ${line}`, { cause: error });
}

function checked(name: string, index: number, one: OwnImage | undefined): OwnImage {
  if (typeof one === 'object' && one !== null && isImageLike(one.image)) return one;
  const wanted = '{ image, name, label } with encoded bytes, a path, a URL or pixels as the image';
  throw new UserError(
    `${where(name)}: number ${index} must be ${wanted}, got ${one === undefined ? 'nothing' : shown(one)}`,
  );
}

/** Whether something may be an image; of pixels whether they are told, not whether they agree. */
export function isImageLike(image: unknown): image is ImageLike {
  if (typeof image === 'string' || image instanceof URL) return true;
  if (image instanceof Uint8Array || image instanceof ArrayBuffer) return true;
  return typeof image === 'object' && image !== null && 'data' in image && 'width' in image;
}

const isAddress = /^[a-z][a-z0-9+.-]+:[/]{2}/i;

/** An image as the decoder takes it; what cannot be fetched has a reason. */
export async function encodedOf(image: ImageLike): Promise<Encoded> {
  if (image instanceof Uint8Array) return { input: image };
  if (image instanceof ArrayBuffer) return { input: new Uint8Array(image) };
  if (typeof image === 'string') {
    return isAddress.test(image) && URL.canParse(image) ? encodedOf(new URL(image)) : fileAt(image);
  }
  if (!(image instanceof URL)) return { pixels: image };
  if (image.protocol === 'file:') return fileAt(fileURLToPath(image));
  if (!/^https?:$/.test(image.protocol)) return { reason: 'pictures are fetched by http: and https: alone' };
  try {
    return { input: (await request(image.href)).bytes };
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return { reason: `${image.href}: ${error.message}` };
  }
}

/** A decoder's reason for a file that is not there would be the system's raw words. */
async function fileAt(path: string): Promise<Encoded> {
  try {
    if ((await stat(path)).isDirectory()) return { reason: 'it is a folder' };
    await access(path, constants.R_OK);
    return { input: path };
  } catch (error) {
    if (!isOfTheDisk(error)) throw error;
    return { reason: reasonOf(error) };
  }
}

function digestInto(sum: Hash, encoded: Encoded): void {
  if ('reason' in encoded) sum.update(`reason ${encoded.reason}`);
  else if ('input' in encoded) {
    const { input } = encoded;
    const file = typeof input === 'string' ? statSync(input, { throwIfNoEntry: false }) : undefined;
    sum.update(`input ${input.length} ${file?.size} ${file?.mtimeMs} `).update(input);
  } else {
    const { data, width, height, channels } = encoded.pixels;
    sum.update(`pixels ${width} ${height} ${channels} ${data.BYTES_PER_ELEMENT} `).update(data);
  }
}
