/** What a folder, archive or data set holds, and which of its pictures are suspicious. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UserError } from '../../errors.js';
import { laidOut } from '../collection/laid-out.js';
import type { Layout } from '../collection/layout.js';
import { masksAmong } from '../collection/masks.js';
import { concurrently } from '../concurrency.js';
import { dataSets } from '../datasets/registry.js';
import { type Format, identify } from '../decode/content.js';
import { decodeImage, formatOf, headerOf } from '../decode/decode-image.js';
import { openImages, openPath } from '../open.js';
import {
  type ColumnOptions,
  type LayoutOptions,
  type PixelOptions,
  type ProgressOptions,
  partsOf,
} from '../options.js';
import { bytesOf, type ImageSet, imageBytes, type PixelFormat, type SkippedFile, samplesOf } from '../set/image-set.js';
import type { Content } from '../sources/source.js';
import { lookalikes } from './groups.js';
import { type Looks, looksOf } from './looks.js';

/** Pictures are looked at in squares of this side. */
const side = 64;
/** As many pictures are decoded at once. */
const inFlight = 8;
/** Share of a picture in black or gray blocks from which on it is named. */
const leastBlank = 1 / 8;

/** Where images are, and what names their classes and split. */
export interface CheckOptions extends LayoutOptions, ColumnOptions, PixelOptions, ProgressOptions {
  /** First place to look for data sets known by name. */
  readonly dataRoot?: string | undefined;
}

/** Images of one class. */
export interface ClassCount {
  /** Of the class. */
  readonly name: string;
  /** Images to learn from. */
  readonly train: number;
  /** Images to ask about. */
  readonly test: number;
}

/**
 * What was found. Pictures are named by their paths, those of data sets known by name by numbers.
 */
export interface ImageCheck {
  /** Of the folder, archive or data set. */
  readonly name: string;
  /** Pictures that can be read. */
  readonly images: number;
  /** Pictures that can be read of each format, by their contents. */
  readonly formats: Readonly<Record<string, number>>;
  /** How many pictures have each number of channels and bits, as `3 x 8`. */
  readonly channels: Readonly<Record<string, number>>;
  /** Least, middle and greatest width and height, in pixels. */
  readonly sizes?: { readonly width: Spread; readonly height: Spread };
  /** Classes and their sizes; none where the images are not sorted. */
  readonly classes: readonly ClassCount[];
  /** Where the images to ask about come from. */
  readonly split: 'given' | 'none';
  /** What else was noticed of classes, split and files. */
  readonly notes: readonly string[];
  /** Files that cannot be read, with the reason. */
  readonly skipped: readonly SkippedFile[];
  /** Files whose ending names another format than their content has. */
  readonly endings: readonly SkippedFile[];
  /** Pictures of one colour. */
  readonly constant: readonly string[];
  /** Pictures of which an eighth or more is black or exactly medium gray, in whole blocks. */
  readonly blank: readonly string[];
  /** Groups of files of the same bytes. */
  readonly duplicates: readonly (readonly string[])[];
  /** Groups of pictures that look alike, but for those of the same bytes. */
  readonly lookalikes: readonly (readonly string[])[];
  /** Pictures to ask about that are, or look like, one to learn from. */
  readonly leaks: readonly { readonly test: string; readonly train: string }[];
}

/** The least, the middle and the greatest of some numbers. */
export interface Spread {
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

/** One picture that could be read. */
interface Seen extends Looks {
  readonly name: string;
  readonly digest: string;
  readonly width: number;
  readonly height: number;
  readonly channels: string;
}

/** What was seen of all files. */
interface Survey {
  readonly name: string;
  readonly seen: readonly Seen[];
  readonly formats: Readonly<Record<string, number>>;
  readonly skipped: readonly SkippedFile[];
  readonly endings: readonly SkippedFile[];
  readonly notes: readonly string[];
  readonly layout: Pick<Layout, 'classes' | 'train' | 'queries'>;
}

/**
 * Looks at every picture of a folder, archive or data set.
 * @throws UserError where there is none
 */
export async function checkImages(where: string, options: CheckOptions = {}): Promise<ImageCheck> {
  const survey = dataSets.includes(where) ? await ofDataSet(where, options) : await ofFiles(where, options);
  const { name, seen, formats, skipped, endings, notes, layout } = survey;
  const names = seen.map((one) => one.name);
  const copies = groupsBy(seen, ({ digest }) => digest);
  const copied = new Set(copies.flatMap((group) => group.slice(1)));
  const alike = lookalikes(seen);
  const named = (groups: readonly (readonly number[])[]) => groups.map((group) => group.map((i) => names[i] as string));
  return {
    ...{ name, images: seen.length, formats, notes, skipped, endings },
    channels: counted(seen.map(({ channels }) => channels)),
    ...(seen.length > 0 && {
      sizes: { width: spreadOf(seen.map(({ width }) => width)), height: spreadOf(seen.map(({ height }) => height)) },
    }),
    classes: classesOf(layout),
    split: layout.queries ? 'given' : 'none',
    constant: seen.filter(({ isConstant }) => isConstant).map((one) => one.name),
    blank: seen.filter(({ blank, isConstant }) => !isConstant && blank >= leastBlank).map((one) => one.name),
    duplicates: named(copies),
    lookalikes: named(alike.map((group) => group.filter((i) => !copied.has(i))).filter((group) => group.length > 1)),
    leaks: leaksOf([...named(alike), ...named(copies)], layout),
  };
}

async function ofFiles(where: string, options: CheckOptions): Promise<Survey> {
  const { layout: choice, columns, progress } = partsOf(options);
  const source = await openPath(where, { ...progress, columns });
  const masks = masksAmong(source.paths);
  const paths = source.paths.filter((path) => !masks.has(path));
  if (paths.length === 0) throw new UserError(`${source.where}: no images in it`);
  const seen: (Seen | undefined)[] = [];
  const reasons: (string | undefined)[] = [];
  const formats: (Format | undefined)[] = [];
  let done = 0;
  await concurrently(source.contents(paths, options.signal), inFlight, async (content) => {
    options.signal?.throwIfAborted();
    const { index } = content;
    const found = await lookAt(content, paths[index] as string, options);
    formats[index] = found.format;
    if ('reason' in found) reasons[index] = found.reason;
    else seen[index] = found.seen;
    options.onProgress?.(++done, paths.length, 'looking');
  });
  const layout = await layoutIn(() => laidOut(source, paths, choice, columns), paths);
  return {
    name: source.name,
    seen: seen.filter((one) => one !== undefined),
    formats: counted(formats.flatMap((format, i) => (format && seen[i] ? [format] : []))),
    skipped: [...source.faults, ...paths.flatMap((file, i) => (reasons[i] ? [{ file, reason: reasons[i] }] : []))],
    endings: paths.flatMap((file, i) => otherEnding(file, formats[i])),
    notes: [...layout.notes, ...source.notes, ...(masks.size > 0 ? [`${masks.size} masks are left out`] : [])],
    layout,
  };
}

type Found = { readonly format?: Format | undefined } & ({ readonly seen: Seen } | { readonly reason: string });

async function lookAt(content: Content, name: string, options: PixelOptions): Promise<Found> {
  if ('reason' in content) return { reason: content.reason };
  const input = 'input' in content && typeof content.input === 'string' ? await readFile(content.input) : undefined;
  const given = input ? { input } : content;
  const file = 'input' in given ? await identify(given.input) : undefined;
  if (typeof file === 'string') return { reason: file };
  const size = await headerOf(given);
  const format = await formatOf(given, options);
  // A header that cannot be read has a reason, which decoding tells.
  const wanted = format ?? { channels: 3 };
  const image = await decodeImage(given, { side, format: wanted, range: options.range }, true);
  if (typeof image === 'string') return { format: file?.format, reason: image };
  const bytes = new Uint8Array(imageBytes({ ...wanted, width: side, height: side }));
  image.write(bytes, 0);
  const digest = createHash('sha256')
    .update(file?.bytes ?? bytes)
    .digest('base64');
  const { width, height } = size ?? image;
  return { format: file?.format, seen: { name, digest, width, height, ...looked(bytes, wanted, side, side) } };
}

function looked(bytes: Uint8Array, format: PixelFormat, width: number, height: number): Looks & Pick<Seen, 'channels'> {
  const { channels, depth = 8 } = format;
  const planes = { samples: samplesOf(bytes, format), channels, width, height, white: depth === 16 ? 65535 : 255 };
  return { ...looksOf(planes), channels: `${channels} x ${depth}` };
}

async function ofDataSet(where: string, options: CheckOptions): Promise<Survey> {
  const { train, queries, name, note, skipped } = await openImages(where, options);
  const halves = [{ set: train, half: 'train' }, ...(queries ? [{ set: queries, half: 'test' }] : [])];
  const seen = halves.flatMap(({ set, half }) => seenIn(set, half));
  const items = (set: ImageSet | undefined, half: string) =>
    Array.from({ length: set?.count ?? 0 }, (_, i) => {
      const label = set?.labels?.[i];
      return { path: nameIn(half, i), ...(label !== undefined && { label }) };
    });
  const layout = {
    ...(train.classes && { classes: train.classes }),
    train: items(train, 'train'),
    ...(queries && { queries: items(queries, 'test') }),
  };
  return { name, seen, formats: {}, skipped, endings: [], notes: note === undefined ? [] : [note], layout };
}

function nameIn(half: string, index: number): string {
  return `${half}/${index}`;
}

function seenIn(set: ImageSet, half: string): Seen[] {
  const { width, height } = set;
  return Array.from({ length: set.count }, (_, i) => {
    const bytes = bytesOf(set, i, i + 1);
    const digest = createHash('sha256').update(bytes).digest('base64');
    return { name: nameIn(half, i), digest, width, height, ...looked(bytes, set, width, height) };
  });
}

async function layoutIn(find: () => Promise<Layout>, paths: readonly string[]): Promise<Layout> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { train: paths.map((path) => ({ path })), notes: [`without classes: ${error.message}`] };
  }
}

function classesOf({ classes = [], train, queries = [] }: Survey['layout']): ClassCount[] {
  const sizes = (items: Layout['train']) => {
    const count = new Array<number>(classes.length).fill(0);
    for (const { label } of items) if (label !== undefined) count[label] = (count[label] as number) + 1;
    return count;
  };
  const [toLearn, toAsk] = [sizes(train), sizes(queries)];
  return classes.map((name, i) => ({ name, train: toLearn[i] as number, test: toAsk[i] as number }));
}

function leaksOf(groups: readonly (readonly string[])[], { train, queries }: Survey['layout']): ImageCheck['leaks'] {
  if (!queries) return [];
  const toLearn = new Set(train.map(({ path }) => path));
  const toAsk = new Set(queries.map(({ path }) => path));
  const leaks = new Map<string, string>();
  for (const group of groups) {
    const learned = group.find((name) => toLearn.has(name));
    if (learned !== undefined) for (const name of group) if (toAsk.has(name)) leaks.set(name, learned);
  }
  return [...leaks].map(([test, train]) => ({ test, train })).sort((a, b) => (a.test < b.test ? -1 : 1));
}

function groupsBy<T>(items: readonly T[], key: (item: T) => string): number[][] {
  const groups = new Map<string, number[]>();
  for (const [i, item] of items.entries()) {
    const group = groups.get(key(item));
    if (group) group.push(i);
    else groups.set(key(item), [i]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

function counted(words: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1]));
}

function spreadOf(numbers: readonly number[]): Spread {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (i: number) => sorted[i] as number;
  return { least: at(0), median: at(Math.floor(sorted.length / 2)), most: at(sorted.length - 1) };
}

/** What endings say. */
const endings: Readonly<Record<string, Format>> = {
  ...{ jpg: 'jpeg', jpeg: 'jpeg', jpe: 'jpeg', jfif: 'jpeg', png: 'png', webp: 'webp', gif: 'gif' },
  ...{ tif: 'tiff', tiff: 'tiff', avif: 'avif', npy: 'npy', npz: 'npz' },
};

function otherEnding(file: string, format: Format | undefined): SkippedFile[] {
  const said = endings[file.slice(file.lastIndexOf('.') + 1).toLowerCase()];
  return format === undefined || said === undefined || said === format ? [] : [{ file, reason: `it is ${format}` }];
}
