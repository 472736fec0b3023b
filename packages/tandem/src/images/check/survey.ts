/** What can be seen of pictures one by one: format, size, digest, looks. */

import { createHash } from 'node:crypto';
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
import { type Looks, looksOf } from './looks.js';

/** Pictures are looked at in squares of this side. */
const side = 64;
/** As many pictures are decoded at once. */
const inFlight = 8;

/** Where images are, and what names their classes and split. */
export interface CheckOptions extends LayoutOptions, ColumnOptions, PixelOptions, ProgressOptions {
  /** First place to look for data sets known by name. */
  readonly dataRoot?: string | undefined;
}

/** One picture that could be read. */
export interface Seen extends Looks {
  readonly name: string;
  /** SHA-256 of the file or, where a source gives pixels, of these. */
  readonly digest: string;
  readonly width: number;
  readonly height: number;
  readonly channels: string;
}

/** What was seen of all files. */
export interface Survey {
  readonly name: string;
  readonly seen: readonly Seen[];
  readonly formats: Readonly<Record<string, number>>;
  readonly skipped: readonly SkippedFile[];
  readonly endings: readonly SkippedFile[];
  readonly notes: readonly string[];
  readonly layout: Pick<Layout, 'classes' | 'train' | 'queries'>;
}

/**
 * Looks at the pictures of a folder, archive or data set.
 * @param only the names of those that matter, where not all do
 * @throws UserError where there is none
 */
export function surveyImages(where: string, options: CheckOptions = {}, only?: ReadonlySet<string>): Promise<Survey> {
  return dataSets.includes(where) ? ofDataSet(where, options, only) : ofFiles(where, options, only);
}

async function ofFiles(where: string, options: CheckOptions, only?: ReadonlySet<string>): Promise<Survey> {
  const { layout: choice, columns, progress } = partsOf(options);
  const source = await openPath(where, { ...progress, columns });
  const masks = masksAmong(source.paths);
  const paths = source.paths.filter((path) => (only ? only.has(path) : !masks.has(path)));
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
  const file = 'input' in content ? await identify(content.input) : undefined;
  if (typeof file === 'string') return { reason: file };
  const given = file ? { input: file.bytes } : content;
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

async function ofDataSet(where: string, options: CheckOptions, only?: ReadonlySet<string>): Promise<Survey> {
  const { train, queries, name, note, skipped } = await openImages(where, options);
  const halves = [{ set: train, half: 'train' }, ...(queries ? [{ set: queries, half: 'test' }] : [])];
  const seen = halves.flatMap(({ set, half }) => seenIn(set, half, only));
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

function seenIn(set: ImageSet, half: string, only?: ReadonlySet<string>): Seen[] {
  const { width, height } = set;
  const wanted = [...Array(set.count).keys()].filter((i) => only?.has(nameIn(half, i)) !== false);
  return wanted.map((i) => {
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

export function counted(words: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1]));
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
