import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../errors.js';
import { cached } from './cache.js';
import { type Finding, find, firstFile, isFolder } from './finding.js';
import { fitted } from './fit.js';
import { cacheHome } from './home.js';
import { type DataSet, type ImageSet, slice } from './imageset.js';
import type { OpenOptions } from './options.js';
import { IN_MEMORY, memoryStore, type NewStore, type Stored } from './store.js';
import { tarEntries } from './tar.js';
import { cacheNote } from './working.js';

const SIDE = 96;
const AREA = SIDE * SIDE;
const IMAGE = 3 * AREA;

const FOLDER = 'stl10_binary';
const ARCHIVES = ['stl10_binary.tar.gz', 'stl10_binary.tgz', 'stl10_binary.tar'];
/** The files of images, in the order that they come to stand in here. */
const IMAGES = ['unlabeled_X.bin', 'train_X.bin', 'test_X.bin'];
const LABELS = ['train_y.bin', 'test_y.bin'];
const NAMES = 'class_names.txt';

/** A file of a set, in a folder or an archive. */
interface Part {
  readonly file: string;
  readonly size: number;
  bytes(): AsyncIterable<Buffer>;
}

/** Where the set lies. */
interface Place {
  readonly path: string;
  parts(signal?: AbortSignal): AsyncIterable<Part>;
  readonly origins: readonly string[];
}

/**
 * Opens STL-10 in its official binary version, from its folder or archive: 96x96 RGB. Learned from are the 100,000
 * unlabeled images and the 5,000 of train; bank = train, queries = test. Without unlabeled_X.bin train alone is learned from.
 *
 * @throws UserError where it is not found, or a file is missing or of a wrong length
 */
export async function openStl10(options: OpenOptions): Promise<DataSet> {
  const place = await find(
    {
      name: 'stl10',
      folders: ['stl10', 'STL10', 'stl-10'],
      expected: `${ARCHIVES[0]}, or its folder ${FOLDER} with ${[...IMAGES, ...LABELS, NAMES].join(', ')}`,
      origin: 'It comes from https://cs.stanford.edu/~acoates/stl10/',
      downloads: [
        {
          file: 'stl10_binary.tar.gz',
          urls: ['http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz'],
          md5: '91f7769df0f17e558f3565bffb0c7dfb',
        },
      ],
      look,
    },
    options,
  );
  const { counts, small } = await survey(place, options.signal);
  const [unlabeled = 0, train = 0, test = 0] = IMAGES.map((file) => counts.get(file) ?? 0);
  const classes = classNames(place, small);
  const trainLabels = labels(place, small, 'train', train, classes.length);
  const testLabels = labels(place, small, 'test', test, classes.length);
  const { pixels } = await imagesOf(place, counts, options);
  const all: ImageSet = {
    name: 'stl10',
    count: unlabeled + train + test,
    channels: 3,
    height: SIDE,
    width: SIDE,
    pixels,
  };
  const note = [
    ...(unlabeled === 0 ? ['unlabeled_X.bin is missing, so the images of train alone are learned from'] : []),
    ...cacheNote(all),
  ];
  return fitted(
    {
      name: 'stl10',
      train: slice(all, 0, unlabeled + train),
      bank: { ...slice(all, unlabeled, unlabeled + train), labels: trainLabels, classes },
      queries: { ...slice(all, unlabeled + train, all.count), labels: testLabels, classes },
      skipped: [],
      ...(note.length > 0 && { note: note.join('. ') }),
    },
    options,
  );
}

async function look(folder: string): Promise<Finding<Place>> {
  for (const path of [join(folder, FOLDER), folder]) {
    if ((await isFolder(path)) && (await firstFile(IMAGES.map((file) => join(path, file))))) {
      return { files: inFolder(path) };
    }
  }
  const archive = await firstFile(ARCHIVES.map((name) => join(folder, name)));
  return archive === undefined ? undefined : { files: inArchive(archive) };
}

function inFolder(path: string): Place {
  const files = [...IMAGES, ...LABELS, NAMES];
  return {
    path,
    origins: files.map((file) => join(path, file)),
    async *parts() {
      for (const file of files) {
        const found = await stat(join(path, file)).catch(() => undefined);
        if (found) yield { file, size: found.size, bytes: () => createReadStream(join(path, file)) };
      }
    },
  };
}

function inArchive(path: string): Place {
  return {
    path,
    origins: [path],
    async *parts(signal) {
      for await (const entry of tarEntries(path, signal)) {
        if (entry.usable) yield { file: basename(entry.path), size: entry.size, bytes: () => entry.parts() };
      }
    },
  };
}

/** How many images each file holds, and the contents of the others. */
async function survey(place: Place, signal?: AbortSignal) {
  const counts = new Map<string, number>();
  const small = new Map<string, Buffer>();
  for await (const { file, size, bytes } of place.parts(signal)) {
    if (IMAGES.includes(file)) {
      if (size % IMAGE !== 0) {
        throw new UserError(
          `${join(place.path, file)}: ${size} bytes, expected a whole number of ${IMAGE}-byte images; it is damaged or cut short`,
        );
      }
      counts.set(file, size / IMAGE);
    } else if (file === NAMES || LABELS.includes(file)) {
      const chunks: Buffer[] = [];
      for await (const chunk of bytes()) chunks.push(chunk);
      small.set(file, Buffer.concat(chunks));
    }
  }
  for (const file of IMAGES.slice(1)) {
    if (!counts.get(file))
      throw new UserError(`${join(place.path, file)}: missing; STL-10 is ${IMAGES.join(', ')}, ...`);
  }
  return { counts, small };
}

function classNames({ path }: Place, small: ReadonlyMap<string, Buffer>): string[] {
  const text = small.get(NAMES);
  if (!text) throw new UserError(`${join(path, NAMES)}: missing`);
  const names = text.toString('utf8').split('\n');
  return names.map((name) => name.trim()).filter((name) => name !== '');
}

/** The labels of a half; in the file they count from 1. */
function labels(
  { path }: Place,
  small: ReadonlyMap<string, Buffer>,
  half: 'train' | 'test',
  count: number,
  classes: number,
): Int32Array {
  const file = `${half}_y.bin`;
  const bytes = small.get(file);
  if (!bytes) throw new UserError(`${join(path, file)}: missing`);
  if (bytes.length !== count) {
    throw new UserError(`${join(path, file)}: ${bytes.length} labels, but ${half}_X.bin has ${count} images`);
  }
  const stray = bytes.findIndex((label) => label < 1 || label > classes);
  if (stray >= 0)
    throw new UserError(`${join(path, file)}: label ${bytes[stray]} at place ${stray}, expected 1 to ${classes}`);
  return Int32Array.from(bytes, (label) => label - 1);
}

/** All images in the order of `IMAGES`: in memory, or where they are too many in a cache, the right way up. */
function imagesOf(place: Place, counts: ReadonlyMap<string, number>, options: OpenOptions): Promise<Stored> {
  const { memory = IN_MEMORY, onProgress, signal } = options;
  const count = IMAGES.reduce((sum, file) => sum + (counts.get(file) ?? 0), 0);
  const build = async (newStore: NewStore): Promise<Stored> => {
    const store = await newStore(count, 3, SIDE);
    try {
      let done = 0;
      for await (const { file, bytes } of place.parts(signal)) {
        if (!IMAGES.includes(file)) continue;
        const before = IMAGES.slice(0, IMAGES.indexOf(file));
        let at = before.reduce((sum, earlier) => sum + (counts.get(earlier) ?? 0), 0);
        for await (const image of images(bytes())) {
          signal?.throwIfAborted();
          await store.write(at++, (to, start) => upright(image, to, start));
          if (++done % 500 === 0) onProgress?.(done, count, 'reading');
        }
      }
      return await store.finish({ side: SIDE, kept: [...Array(count).keys()], skipped: [] });
    } catch (error) {
      await store.discard();
      throw error;
    }
  };
  if (count * IMAGE <= memory) return build(memoryStore);
  return cached(
    {
      folder: options.cache ?? join(cacheHome(), 'images'),
      name: 'stl10',
      where: place.path,
      key: {},
      files: IMAGES,
      origins: place.origins,
      onWait: () => onProgress?.(0, undefined, 'waiting for another run to read them'),
      signal,
    },
    build,
  );
}

/** A stream of bytes as whole images. */
async function* images(bytes: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  const image = new Uint8Array(IMAGE);
  let filled = 0;
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; ) {
      const n = Math.min(IMAGE - filled, chunk.length - at);
      image.set(chunk.subarray(at, at + n), filled);
      filled += n;
      at += n;
      if (filled === IMAGE) {
        yield image;
        filled = 0;
      }
    }
  }
}

/** Writes planes given column by column, as STL-10's are, row by row. */
function upright(columns: Uint8Array, to: Uint8Array, start: number): void {
  for (let plane = 0; plane < IMAGE; plane += AREA) {
    for (let x = 0; x < SIDE; x++) {
      for (let y = 0; y < SIDE; y++) to[start + plane + y * SIDE + x] = columns[plane + x * SIDE + y] as number;
    }
  }
}
