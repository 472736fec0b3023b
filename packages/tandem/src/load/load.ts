import { setImmediate } from 'node:timers/promises';
import { threads } from 'tandem-torch';
import { chooseDevice } from '../device.js';
import { UserError } from '../errors.js';
import { type ClassGuess, classScoresOf, guessClasses, unitRows } from '../evaluate/index.js';
import { decodeSingle, type ImageLike, type ImageSet, isImageLike } from '../images/index.js';
import { PackedResNet } from '../networks/index.js';
import {
  type ClassifierChoice,
  type EncoderChoice,
  type OpenedClassifier,
  openClassifier,
  openEncoder,
} from '../runs/index.js';
import { checkChannels, type EncoderCard } from '../weights/index.js';
import { type Computing, computeHere } from './computing.js';
import { computeInWorker, type ThreadData } from './in-worker.js';

/** Which encoder is loaded, and where it computes. */
export interface LoadOptions {
  /** Which of a run's encoders; defaults to the kept one. */
  readonly which?: Exclude<EncoderChoice, 'both'> | undefined;
  /** Which classifier `classify` asks; defaults to the encoder's own, or else the linear one. */
  readonly classifier?: ClassifierChoice | undefined;
  /** Defaults to `auto`, the best there is. */
  readonly device?: string | undefined;
  /**
   * Whether the network computes in a thread of its own, so that this one stays free for others;
   * defaults to false. `many` is for many requests at once: of a ResNet on a CPU up to 4 threads
   * share the processor's, and each holds a copy of the network. A backbone that a program defines
   * computes in the program's thread always.
   */
  readonly worker?: boolean | 'many' | undefined;
  /** Pictures of more pixels are refused by what their header says; at most 2^27, the default. */
  readonly mostPixels?: number | undefined;
}

/** How a picture is classified. */
export interface ClassifyOptions {
  /** Classes that are named, likeliest first; defaults to 5, or all where there are fewer. */
  readonly top?: number | undefined;
}

/** What becomes of features. */
export interface EmbedRowOptions {
  /** Whether rows are scaled to length 1, so that their products are cosines; defaults to false. */
  readonly normalize?: boolean | undefined;
}

/** One picture that waits for its features. */
interface Waiting {
  readonly set: ImageSet;
  done(row: Float32Array): void;
  failed(error: unknown): void;
}

/** Pictures that go through the network before others have their turn. */
const atOnce = 64;
/** Threads that compute, at the most. */
const mostWorkers = 4;

/**
 * Loads a trained encoder.
 * @param runOrFile a run folder, an exported folder, or a file of weights: of a run, or of a
 * public model
 * @throws UserError where there is none, or it is damaged
 * @example
 * ```ts
 * import { load } from 'tandem-vision';
 *
 * using model = await load('runs/mine');
 * const [cat, dog] = await model.embed(['cat.png', 'dog.png'], { normalize: true });
 * const cosine = cat?.reduce((sum, x, i) => sum + x * (dog?.[i] ?? 0), 0);
 * console.log(model.width, cosine);
 * ```
 */
export async function load(
  runOrFile: string,
  { which, classifier, device = 'auto', worker = false, mostPixels }: LoadOptions = {},
): Promise<Model> {
  const place = chooseDevice(device);
  const opened = openEncoder(runOrFile, which);
  // Of other networks a vector's bits go with the number of threads that compute it.
  const isShared = worker === 'many' && place === 'cpu' && PackedResNet.fits(opened.encoder);
  const count = isShared ? Math.min(threads(), mostWorkers) : worker ? 1 : 0;
  const inWorkers = await computeInWorkers({ runOrFile, which, device }, count);
  const { card, file } = opened;
  const facts = { card, file, width: opened.encoder.featureWidth, mostPixels };
  if (inWorkers.length > 0) opened.encoder.dispose();
  const open = () => openClassifier(runOrFile, opened, classifier);
  return new Model(inWorkers.length > 0 ? inWorkers : [computeHere(opened, place)], facts, open);
}

/**
 * So many, which need not wait for each other as the threads of one batch do; none where a thread
 * cannot load the encoder.
 */
async function computeInWorkers(data: ThreadData, count: number): Promise<Computing[]> {
  const share = count > 1 ? { threads: Math.floor(threads() / count) } : {};
  const begun = await Promise.all(Array.from({ length: count }, () => computeInWorker({ ...data, ...share })));
  const all = begun.filter((one) => one !== undefined);
  if (all.length === count) return all;
  for (const one of all) one.dispose();
  return [];
}

/** What is known of a model beside its network. */
interface ModelFacts {
  readonly card: EncoderCard;
  /** The file of weights. */
  readonly file: string;
  /** Numbers in a vector. */
  readonly width: number;
  readonly mostPixels: number | undefined;
}

/**
 * A trained encoder that turns pictures into vectors, for any number of callers at once: what they
 * ask for meanwhile goes through the network together. A picture's vector depends on nothing but
 * the picture, to the last bit, and is what `tandem embed` writes. A worker thread loads its own.
 */
export class Model {
  readonly #all: readonly Computing[];
  /** Those that have nothing to do. */
  readonly #idle: Computing[];
  readonly #facts: ModelFacts;
  readonly #openClassifier: () => OpenedClassifier;
  #classifier: OpenedClassifier | undefined;
  #waiting: Waiting[] = [];
  #isDisposed = false;

  /** Use `load`. */
  constructor(computing: readonly Computing[], facts: ModelFacts, openClassifier: () => OpenedClassifier) {
    this.#all = computing;
    this.#idle = [...computing];
    this.#facts = facts;
    this.#openClassifier = openClassifier;
  }

  /** The file of weights. */
  get file(): string {
    return this.#facts.file;
  }

  /** Numbers in a vector. */
  get width(): number {
    return this.#facts.width;
  }

  /** Side of the images it was trained on, in pixels; pictures are brought to it. */
  get size(): number {
    return this.#facts.card.size;
  }

  /** Channels of the images it takes: 3 for colour, 1 for gray. */
  get channels(): number {
    return this.#facts.card.architecture.channels;
  }

  /**
   * The vector of a picture: encoded bytes, a path, a URL (`file:`, `http:`, `https:`) or pixels.
   * @returns float32 [width]
   * @throws UserError where it cannot be read, has other channels, or its vector is not finite
   */
  embed(picture: ImageLike, options?: EmbedRowOptions): Promise<Float32Array>;
  /**
   * The vectors of several pictures, in their order.
   * @throws UserError naming the first that cannot be read
   */
  embed(pictures: readonly ImageLike[], options?: EmbedRowOptions): Promise<Float32Array[]>;
  async embed(
    pictures: ImageLike | readonly ImageLike[],
    options: EmbedRowOptions = {},
  ): Promise<Float32Array | Float32Array[]> {
    if (!isList(pictures)) return this.#row(pictures, nameOf(pictures), options);
    return Promise.all(pictures.map((one, i) => this.#row(one, nameOf(one, i), options)));
  }

  /** The classes that `classify` tells apart. @throws UserError where there is no classifier */
  get classes(): readonly string[] {
    return this.#classes().classes;
  }

  /**
   * The likeliest classes of a picture, likeliest first, by the classifier in the run. It is what
   * `tandem predict` writes, to the last bit.
   * @throws UserError where there is no classifier, and as `embed`
   */
  classify(picture: ImageLike, options?: ClassifyOptions): Promise<ClassGuess[]>;
  /** The likeliest classes of several pictures, in their order. */
  classify(pictures: readonly ImageLike[], options?: ClassifyOptions): Promise<ClassGuess[][]>;
  async classify(
    pictures: ImageLike | readonly ImageLike[],
    { top = 5 }: ClassifyOptions = {},
  ): Promise<ClassGuess[] | ClassGuess[][]> {
    if (!(Number.isInteger(top) && top >= 1))
      throw new UserError(`top must be a whole number of at least 1, not ${top}`);
    if (this.#isDisposed) throw new UserError(disposed);
    const classifier = this.#classes();
    const guess = (row: Float32Array) => guessClasses(classScoresOf(classifier, row), classifier, top);
    return isList(pictures) ? (await this.embed(pictures)).map(guess) : guess(await this.embed(pictures));
  }

  /** Frees the network. What was asked for before is refused. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    for (const { failed } of this.#waiting.splice(0)) failed(new UserError(disposed));
    for (const one of this.#all) one.dispose();
    this.#classifier?.head.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #classes(): OpenedClassifier {
    this.#classifier ??= this.#openClassifier();
    return this.#classifier;
  }

  async #row(picture: ImageLike, name: string, { normalize = false }: EmbedRowOptions): Promise<Float32Array> {
    if (this.#isDisposed) throw new UserError(disposed);
    if (!isImageLike(picture)) throw new UserError(`${name}: no picture; give bytes, a path, a URL or pixels`);
    const { size, channels } = this;
    const { card, mostPixels } = this.#facts;
    const set = await decodeSingle(name, picture, { size, channels, mostPixels });
    checkChannels(name, set.channels, card);
    const row = await new Promise<Float32Array>((done, failed) => {
      if (this.#isDisposed) return failed(new UserError(disposed));
      this.#waiting.push({ set, done, failed });
      void this.#run(this.#idle.pop());
    });
    if (!normalize) return row;
    const { rows, zero } = unitRows(row, row.length);
    if (zero.size > 0) throw new UserError(`${name}: all of its features are 0, so it has no direction`);
    return rows;
  }

  async #run(computing: Computing | undefined): Promise<void> {
    if (!computing) return;
    await setImmediate(); // others that ask now come along
    while (this.#waiting.length > 0) {
      const share = Math.min(atOnce, Math.ceil(this.#waiting.length / this.#all.length));
      await this.#compute(this.#waiting.splice(0, share), computing);
      await setImmediate();
    }
    this.#idle.push(computing);
  }

  async #compute(some: readonly Waiting[], computing: Computing): Promise<void> {
    for (const alike of bySide(some)) {
      try {
        const sets = alike.map(({ set }) => set);
        const rows = await this.#features(sets, computing);
        for (const [i, { done }] of alike.entries()) done(rows.slice(i * this.width, (i + 1) * this.width));
      } catch (error) {
        // Of several, one is to blame: each has its own try.
        if (alike.length > 1) for (const one of alike) await this.#compute([one], computing);
        else alike[0]?.failed(error);
      }
    }
  }

  async #features(sets: readonly ImageSet[], computing: Computing): Promise<Float32Array> {
    if (this.#isDisposed) throw new UserError(disposed);
    const [first] = sets as readonly [ImageSet];
    const pixels = Buffer.concat(sets.map((set) => set.pixels as Uint8Array));
    return computing.rows({ ...first, count: sets.length, pixels: new Uint8Array(pixels) });
  }
}

const disposed = 'the model is disposed; load it again';

function isList(pictures: ImageLike | readonly ImageLike[]): pictures is readonly ImageLike[] {
  return Array.isArray(pictures);
}

/** What to call a picture in messages. */
function nameOf(picture: ImageLike, index?: number): string {
  if (typeof picture === 'string') return picture;
  if (picture instanceof URL) return picture.href;
  return index === undefined ? 'the picture' : `picture ${index}`;
}

/** Images of one shape together. */
function bySide(some: readonly Waiting[]): Waiting[][] {
  const groups = new Map<string, Waiting[]>();
  for (const one of some) {
    const { height, depth } = one.set;
    const key = `${height} ${depth}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}
