import { stat } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { type DecodeOptions, decodeAll, sideOf, targetSide } from './decode/decode-all.js';
import { DATA_SETS, openImages } from './open.js';
import { CROP_MARGIN, type OpenOptions } from './options.js';
import { digestOf, joined } from './set/digest.js';
import { type ImageSet, type Skipped, subset } from './set/image-set.js';
import { memoryStore } from './set/store.js';
import { openPlace } from './sources/open-source.js';
import type { Encoded, Source } from './sources/source.js';
import { isPattern } from './sources/webdataset.js';

/** Some of a stream's images, and those among them that could not be decoded. */
export interface Chunk {
  readonly set: ImageSet & { readonly files: readonly string[] };
  readonly skipped: readonly Skipped[];
}

/**
 * Images that come a few at a time, so that any number of them fits in memory, always in the same
 * order.
 */
export interface ImageStream {
  readonly name: string;
  /** Readable or not. */
  readonly total: number;
  /** A digest of the names of all images, in order. */
  readonly fingerprint: string;
  readonly classes?: readonly string[];
  readonly notes: readonly string[];
  /** Chunks of all images but those that are done. */
  chunks(done?: Pick<ReadonlySet<string>, 'has'>): AsyncGenerator<Chunk>;
}

const atATime = 512;

/**
 * All images of a folder or archive, brought to one size, without regard to classes; or those of a
 * data set known by name, training images first, which are named `train/0` and so on.
 * @throws UserError where there are none
 */
export async function streamImages(
  where: string,
  options: OpenOptions & { readonly size: number },
): Promise<ImageStream> {
  if (DATA_SETS.includes(where)) return fromMemory(where, options);
  const kind = await stat(where).catch(() => undefined);
  if (!kind && !isPattern(where)) {
    await openImages(where, options); // says what is wrong
    throw new UserError(`${where}: no such folder or archive`);
  }
  const { signal, onProgress, size } = options;
  const source = await openPlace(where, (files) => onProgress?.(files, undefined, 'finding'), signal);
  if (source.paths.length === 0) throw new UserError(`${where}: no images in it`);
  return {
    name: source.name,
    total: source.paths.length,
    fingerprint: digestOf(joined(source.paths, '\n')),
    notes: source.notes,
    chunks: (done = new Set()) => decoded(source, done, { size, margin: CROP_MARGIN, signal }),
  };
}

async function fromMemory(where: string, { size, ...options }: OpenOptions & { size: number }): Promise<ImageStream> {
  const { train, queries, name } = await openImages(where, { ...options, ...(size <= 96 && { size }) });
  const parts = [train, ...(queries ? [queries] : [])];
  const names = [`train`, 'test'].flatMap((part, p) =>
    Array.from({ length: parts[p]?.count ?? 0 }, (_, i) => `${part}/${i}`),
  );
  return {
    name,
    total: names.length,
    fingerprint: digestOf(joined(names, '\n')),
    notes: [],
    ...(train.classes && { classes: train.classes }),
    async *chunks(done = new Set()) {
      let before = 0;
      for (const part of parts) {
        const left = [...Array(part.count).keys()].filter((i) => !done.has(names[before + i] as string));
        for (let at = 0; at < left.length; at += atATime) {
          const some = left.slice(at, at + atATime);
          const files = some.map((i) => names[before + i] as string);
          yield { set: { ...subset(part, some), files }, skipped: [] };
        }
        before += part.count;
      }
    },
  };
}

/**
 * Each image comes out as it would alone, whatever others there are: small squares keep their side
 * (`sideOf`). Neighbours of one side make up a chunk.
 */
async function* decoded(
  source: Source,
  done: Pick<ReadonlySet<string>, 'has'>,
  options: DecodeOptions,
): AsyncGenerator<Chunk> {
  let faults = source.faults.filter(({ file }) => !done.has(file));
  for await (const several of inGroups(source, done, options.signal)) {
    const sides = await Promise.all(several.map((one) => ('input' in one ? sideOf(one.input, options) : undefined)));
    for (let from = 0; from < several.length; ) {
      // Those without a readable header are named with whatever comes before them.
      const side = sides.slice(from).find((known) => known !== undefined) ?? targetSide(options);
      const others = sides.findIndex((known, i) => i > from && known !== undefined && known !== side);
      const to = others < 0 ? several.length : others;
      const { set, skipped } = await chunkOf(source, several.slice(from, to), side, options);
      yield { set, skipped: [...faults, ...skipped] };
      faults = [];
      from = to;
    }
  }
}

type Found = Encoded & { readonly index: number };

async function* inGroups(
  source: Source,
  done: Pick<ReadonlySet<string>, 'has'>,
  signal?: AbortSignal,
): AsyncGenerator<readonly Found[]> {
  let several: Found[] = [];
  for await (const one of source.contents(source.paths, signal)) {
    if (done.has(source.paths[one.index] as string)) continue;
    several.push(one);
    if (several.length < atATime) continue;
    yield several;
    several = [];
  }
  if (several.length > 0) yield several;
}

async function chunkOf(source: Source, some: readonly Found[], likely: number, options: DecodeOptions): Promise<Chunk> {
  const paths = some.map(({ index }) => source.paths[index] as string);
  const part: Source = {
    ...source,
    async *contents() {
      for (const [index, one] of some.entries()) yield { ...one, index };
    },
  };
  const { side, pixels, kept, skipped } = await decodeAll(part, paths, likely, memoryStore, options);
  const files = kept.map((i) => paths[i] as string);
  const set = { name: source.name, count: kept.length, channels: 3 as const, height: side, width: side, pixels, files };
  return { set, skipped };
}
