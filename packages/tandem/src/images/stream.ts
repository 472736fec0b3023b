import { UserError } from '../errors.js';
import { laidOut } from './collection/laid-out.js';
import { dataSets } from './datasets/registry.js';
import { decodeAll } from './decode/decode-all.js';
import { colour, formatOf } from './decode/decode-image.js';
import { shownFormat } from './decode/pixels.js';
import { type Sides, sideOf, targetSide } from './decode/side.js';
import { stateOf } from './file-state.js';
import { openImages, openPath } from './open.js';
import {
  type ColumnOptions,
  cropMargin,
  type LayoutOptions,
  type OpenOptions,
  type PixelOptions,
  partsOf,
  type SizeOptions,
} from './options.js';
import { digestOf, jsonOf } from './set/digest.js';
import { fingerprint } from './set/fingerprint.js';
import { type ImageSet, type SkippedFile, subset } from './set/image-set.js';
import { conversionNote, inChannels, setInChannels } from './set/in-channels.js';
import { memoryStore } from './set/store.js';
import { withoutListed } from './sources/leave-out.js';
import type { ImageSource } from './sources/own.js';
import type { Content, Source } from './sources/source.js';

/** Some of a stream's images, and those among them that could not be decoded. */
export interface ImageChunk {
  /** Those that could be decoded, with the file of each. */
  readonly set: ImageSet & { readonly files: readonly string[] };
  /** Those that could not. */
  readonly skipped: readonly SkippedFile[];
}

/** Names of images that are not wanted again. */
type Done = Pick<ReadonlySet<string>, 'has'>;

/**
 * Images that come a few at a time, so that any number of them fits in memory, always in the same
 * order.
 */
export interface ImageStream {
  /** Of the known data set, or of the folder or archive. */
  readonly name: string;
  /** Readable or not. */
  readonly total: number;
  /**
   * A digest of the names of all images, in order, and of their state: size and time of change of
   * the files they come from, or the pixels of a known data set.
   */
  readonly fingerprint: string;
  /**
   * By the name of each image, what tells it from one of that name before it was changed: of a
   * file, its size and time of change; of an image in an archive or data set, that of the whole.
   */
  readonly states: ReadonlyMap<string, string>;
  /** Names of the classes, where the images have labels. */
  readonly classes?: readonly string[];
  /** What the user should know, such as which files were left out; a line each. */
  readonly notes: readonly string[];
  /** Chunks of all images but those that are done. */
  chunks(done?: Done): AsyncGenerator<ImageChunk>;
}

/** Most images of a chunk. */
const chunk = 512;

/**
 * All images of a folder or archive, brought to one size, with the label of each where its folders
 * name classes (-1 for those beside them); or those of a data set known by name, training images
 * first, which are named `train/0` and so on.
 * @throws UserError where there are none
 */
export async function streamImages(
  where: string | ImageSource,
  { size, ...options }: OpenOptions & { readonly size: number },
): Promise<ImageStream> {
  if (typeof where === 'string' && dataSets.includes(where)) return streamDataSet(where, size, options);
  const { layout, columns } = partsOf(options);
  const source = withoutListed(await openPath(where, { ...options, columns }), options.leaveOut);
  if (source.paths.length === 0) throw new UserError(`${source.where}: no images in it`);
  const { classes, labels, notes } = await classesOf(source, layout, columns);
  const state = source.state === undefined ? [] : [[source.state]];
  const origins = await stateOf(source.origins(source.paths), options.signal);
  const fingerprint = digestOf(jsonOf([source.paths, origins, ...state]));
  // One origin an image where images are files.
  const own = origins.length === source.paths.length && state.length === 0 ? origins : undefined;
  const whole = digestOf(jsonOf([origins, ...state])).slice(0, 16);
  return {
    name: source.name,
    total: source.paths.length,
    fingerprint,
    states: new Map(source.paths.map((path, i) => [path, own ? digestOf([own[i] as string]).slice(0, 16) : whole])),
    notes: [
      ...source.notes,
      ...notes,
      ...(options.channels === 1 && source.state === undefined ? ['the images are made gray'] : []),
    ],
    ...(classes && { classes }),
    async *chunks(done = new Set()) {
      for await (const { set, skipped } of decodedChunks(source, done, { size, margin: cropMargin }, options)) {
        const shown = setInChannels(set, options.channels);
        yield { set: { ...set, ...shown, ...(labels && { labels: labelsIn(labels, set.files) }) }, skipped };
      }
    },
  };
}

/** What the folders say of classes. That they cannot be told is a note: features need none. */
async function classesOf(
  source: Source,
  layout: LayoutOptions,
  columns: ColumnOptions,
): Promise<{
  readonly classes?: readonly string[] | undefined;
  readonly labels?: ReadonlyMap<string, number> | undefined;
  readonly notes: readonly string[];
}> {
  try {
    const { classes, train, queries = [] } = await laidOut(source, source.paths, layout, columns);
    const labels = classes && new Map([...train, ...queries].map(({ path, label = -1 }) => [path, label]));
    return { classes, labels, notes: [] };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { notes: [`without classes: ${error.message}`] };
  }
}

function labelsIn(labels: ReadonlyMap<string, number>, files: readonly string[]): Int32Array {
  return Int32Array.from(files, (file) => labels.get(file) ?? -1);
}

async function streamDataSet(where: string, size: number, options: OpenOptions): Promise<ImageStream> {
  const { channels, ...own } = options;
  const opened = await openImages(where, { ...own, ...(size <= 96 && { size }) });
  const data = inChannels(opened, channels);
  const { train, queries, name } = data;
  const halves = [
    { set: train, names: namesOf(train, 'train') },
    ...(queries ? [{ set: queries, names: namesOf(queries, 'test') }] : []),
  ];
  const names = halves.flatMap((half) => half.names);
  const print = digestOf(jsonOf([names, halves.map(({ set }) => fingerprint(set))]));
  return {
    name,
    total: names.length,
    fingerprint: print,
    states: new Map(names.map((name) => [name, print.slice(0, 16)])),
    notes: [conversionNote(opened.train, channels) ?? []].flat(),
    ...(train.classes && { classes: train.classes }),
    async *chunks(done = new Set()) {
      for (const { set, names } of halves) {
        const todo = [...names.keys()].filter((i) => !done.has(names[i] as string));
        for (let from = 0; from < todo.length; from += chunk) {
          const indices = todo.slice(from, from + chunk);
          const files = indices.map((i) => names[i] as string);
          yield { set: { ...subset(set, indices), files }, skipped: [] };
        }
      }
    },
  };
}

function namesOf({ count }: ImageSet, half: string): string[] {
  return Array.from({ length: count }, (_, i) => `${half}/${i}`);
}

/**
 * Each image comes out as it would alone, whatever others there are: small squares keep their side
 * (`sideOf`). Neighbours of one side make up a chunk.
 */
async function* decodedChunks(
  source: Source,
  done: Done,
  sizing: SizeOptions,
  options: OpenOptions,
): AsyncGenerator<ImageChunk> {
  const { signal } = options;
  const target = targetSide(sizing);
  let faults = source.faults.filter(({ file }) => !done.has(file));
  for await (const group of inGroups(source, done, signal)) {
    const forms = await Promise.all(group.map((one) => formIn(one, sizing, options)));
    for (let from = 0; from < group.length; ) {
      // Those without a readable header are named with whatever comes before them.
      const { own, format } = forms.slice(from).find((form) => form !== undefined) ?? { own: target, format: colour };
      const next = forms.findIndex((form, i) => i > from && form && !isAlike(form, { own, format }));
      const to = next < 0 ? group.length : next;
      const sides = { own, target, format, range: options.range };
      const { set, skipped } = await decodeChunk(source, group.slice(from, to), sides, signal);
      yield { set, skipped: [...faults, ...skipped] };
      faults = [];
      from = to;
    }
  }
}

/** The side that an image comes out at by itself, and its pixels' format. */
type Form = Pick<Sides, 'own' | 'format'>;

async function formIn(one: Content, sizing: SizeOptions, pixels: PixelOptions): Promise<Form | undefined> {
  if ('reason' in one) return undefined;
  const own = await sideOf(one, sizing);
  const format = await formatOf(one, pixels);
  return own === undefined || !format ? undefined : { own, format };
}

function isAlike(a: Form, b: Form): boolean {
  return a.own === b.own && shownFormat(a.format) === shownFormat(b.format);
}

async function* inGroups(source: Source, done: Done, signal?: AbortSignal): AsyncGenerator<readonly Content[]> {
  let group: Content[] = [];
  for await (const one of source.contents(source.paths, signal)) {
    if (done.has(source.paths[one.index] as string)) continue;
    group.push(one);
    if (group.length < chunk) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

async function decodeChunk(
  source: Source,
  group: readonly Content[],
  sides: Sides,
  signal: AbortSignal | undefined,
): Promise<ImageChunk> {
  const paths = group.map(({ index }) => source.paths[index] as string);
  const part: Source = {
    ...source,
    async *contents() {
      for (const [index, one] of group.entries()) yield { ...one, index };
    },
  };
  const { side, format, pixels, kept, skipped } = await decodeAll(part, paths, sides, memoryStore, { signal });
  const files = kept.map((i) => paths[i] as string);
  const set = { name: source.name, count: kept.length, ...format, height: side, width: side, pixels, files };
  return { set, skipped };
}
