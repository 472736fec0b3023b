import { stat } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { decodeAll } from './decode.js';
import { digestOf, joined } from './digest.js';
import { type ImageSet, type Skipped, slice } from './imageset.js';
import { DATA_SETS, openImages } from './open.js';
import { CROP_MARGIN, type OpenOptions } from './options.js';
import { openPlace } from './place.js';
import { isPattern } from './samples.js';
import type { Encoded, Source } from './source.js';
import { memoryStore } from './store.js';

/** Some of a stream's images, and those among them that could not be decoded. */
export interface Chunk {
  readonly set: ImageSet & { readonly files: readonly string[] };
  readonly skipped: readonly Skipped[];
}

/** Images that come a few at a time, so that any number of them fits in memory, always in the same order. */
export interface ImageStream {
  readonly name: string;
  /** Readable or not. */
  readonly total: number;
  /** A digest of the names of all images, in order. */
  readonly fingerprint: string;
  readonly classes?: readonly string[];
  readonly notes: readonly string[];
  /** The chunks from image number `from` on; chunks of no images are left out. */
  chunks(from: number): AsyncGenerator<Chunk>;
}

const atATime = 512;

/**
 * All images of a folder or archive, brought to one size, without regard to classes; or those of a data set known by name, training images first, which are named
 * `train/0` and so on.
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
    chunks: (from) => decoded(source, from, size, signal),
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
    async *chunks(from) {
      let before = 0;
      for (const part of parts) {
        for (let at = Math.max(0, from - before); at < part.count; at += atATime) {
          const set = slice(part, at, Math.min(at + atATime, part.count));
          yield { set: { ...set, files: names.slice(before + at, before + at + set.count) }, skipped: [] };
        }
        before += part.count;
      }
    },
  };
}

async function* decoded(source: Source, from: number, size: number, signal?: AbortSignal): AsyncGenerator<Chunk> {
  let pending: (Encoded & { readonly index: number })[] = [];
  let seen = 0;
  let faults = from === 0 ? source.faults : [];
  const chunk = async (): Promise<Chunk> => {
    const encoded = pending;
    pending = [];
    const paths = encoded.map(({ index }) => source.paths[index] as string);
    const some: Source = {
      ...source,
      async *contents() {
        for (const [index, one] of encoded.entries()) yield { ...one, index };
      },
    };
    const decoding = decodeAll(some, paths, memoryStore, { size, margin: CROP_MARGIN, signal });
    const { side, pixels, kept, skipped } = await decoding;
    const unreadable = [...faults, ...skipped];
    faults = [];
    const files = kept.map((i) => paths[i] as string);
    return {
      set: { name: source.name, count: kept.length, channels: 3, height: side, width: side, pixels, files },
      skipped: unreadable,
    };
  };
  for await (const one of source.contents(source.paths, signal)) {
    if (seen++ < from) continue;
    pending.push(one);
    if (pending.length === atATime) yield await chunk();
  }
  if (pending.length > 0) yield await chunk();
}
