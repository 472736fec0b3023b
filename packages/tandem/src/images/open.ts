/**
 * Images: from a name or a path to equal squares of bytes in memory or in a file, no tensors. This
 * file and `stream.ts` are what users call, `options.ts` what they may ask for. Data flow one way:
 *
 *     sources/     where bytes come from: folders, tars, zips
 *     decode/      bytes to pixels
 *     cache/       pixels that are too many for the memory
 *     collection/  decoded files to a data set, by the folders they lie in
 *     datasets/    data sets known by name
 *     streamed/    images that are read while they are learned from
 *     set/         what comes out: image sets, batches
 *
 * Nothing here knows of views, networks or training.
 */

import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { didYouMean, UserError } from '../errors.js';
import { openCollection } from './collection/collection.js';
import { dataSetNamed, dataSets, hintFor } from './datasets/registry.js';
import { withinMemory } from './datasets/within-memory.js';
import { type OpenOptions, partsOf, type StreamOptions } from './options.js';
import type { DataSet } from './set/image-set.js';
import { inChannels } from './set/in-channels.js';
import { archiveName } from './sources/archive.js';
import { isRemote } from './sources/contents.js';
import { isRemotePattern } from './sources/http/matching.js';
import { withoutListed } from './sources/leave-out.js';
import { openSource, type SourceOptions } from './sources/open-source.js';
import { type ImageSource, openOwn } from './sources/own.js';
import { isPattern } from './sources/patterns.js';
import type { Source } from './sources/source.js';
import { openStreamed } from './streamed/open.js';

/**
 * Opens images: a data set known by name, or the path of a folder, a `.tar`, `.tar.gz`, `.tgz` or
 * `.zip`, of a list (`.txt`, `.csv`, `.tsv`, `.jsonl`) of paths or URLs, of an image, or of several
 * of these: WebDataset's shards (`name-{000..099}.tar`), `*.jpg`, `{a,b}`. A name wins over a
 * folder of the same name, which is then `./name`. Or images from code, themselves or by the name
 * under which `useImages` knows them.
 *
 * @throws UserError where there is nothing of that name, no image, or something damaged
 * @example
 * ```ts
 * import { scope } from 'tandem-torch';
 * import { Batches, makeViews, openImages, viewsPreset } from 'tandem-vision';
 *
 * const { train } = await openImages('pictures', { size: 32 });
 * const views = viewsPreset('small', { size: 32 });
 * for (const batch of new Batches(train, { batch: 8, seed: 0 }).epoch(0)) {
 *   scope(() => {
 *     const [first] = makeViews(batch, train, views, { seed: 0, draw: 0 });
 *     console.log(first?.shape.join()); // 8,3,32,32
 *   });
 * }
 * ```
 */
export async function openImages(where: string | ImageSource, options: OpenOptions = {}): Promise<DataSet> {
  const { locate, ...parts } = partsOf(options);
  parts.progress.signal?.throwIfAborted();
  const named = typeof where === 'string' ? dataSetNamed(where) : undefined;
  if (named && parts.sample.leaveOut !== undefined)
    throw new UserError(`leaveOut is for folders and archives, not for ${where}`);
  if (named) {
    const data = inChannels(await named.open({ locate, ...parts }), parts.pixels.channels);
    return withinMemory(data, parts);
  }
  if (typeof where === 'string' && isStreamed(where, parts.streaming)) {
    const streamed = await openStreamed(where, parts);
    return parts.streaming.measureOn === undefined ? streamed : measuredOn(streamed, options);
  }
  const found = await openPath(where, { ...parts.progress, columns: parts.columns, storage: parts.storage });
  const source = withoutListed(found, parts.sample.leaveOut);
  const hint = source.paths.length === 0 ? hintFor(source.others) : undefined;
  if (hint) throw new UserError(`${where}: ${hint}`);
  return inChannels(await openCollection(source, parts), parts.pixels.channels);
}

/** As the user says; without that, addresses that stand for several files are. */
function isStreamed(where: string, { stream = 'auto', measureOn }: StreamOptions): boolean {
  const isOn = stream === 'on' || (stream === 'auto' && isRemote(where) && isRemotePattern(where));
  if (isOn || measureOn === undefined) return isOn;
  throw new UserError(
    `measureOn is for images that are streamed, and ${where} is not: give stream=on, or leave it out`,
  );
}

/** A stream with labelled images of another place to measure on. */
async function measuredOn(streamed: DataSet, options: OpenOptions): Promise<DataSet> {
  const { measureOn, epochImages: _, streamWindow: _window, ...opening } = options;
  const { train, size } = streamed;
  const where = measureOn as string;
  const { reference, queries, note } = await openImages(where, {
    ...opening,
    stream: 'off',
    size: size ?? train.height,
    channels: train.channels,
  });
  if (!reference || !queries) throw new UserError(`${where}: has no labels to measure with${note ? `: ${note}` : ''}`);
  if (reference.height !== train.height || reference.depth !== train.depth)
    throw new UserError(`${where}: its images come out otherwise than those of the stream; give size=<pixels>`);
  const said = `measured on ${where}${note ? ` (${note})` : ''}`;
  return { ...streamed, reference, queries, note: [streamed.note, said].filter(Boolean).join('. ') };
}

/** Images from code that can be opened by name. */
const ownImages = new Map<string, ImageSource>();

/**
 * Makes images from code known under their name.
 * @throws UserError where the name is that of a data set, or of other images from code
 */
export function useImages(source: ImageSource): void {
  const { name } = source;
  if (dataSets.includes(name))
    throw new UserError(`the images '${name}' have the name of a known data set; choose another`);
  const known = ownImages.get(name);
  if (known !== undefined && known !== source) throw new UserError(`there are two different images called '${name}'`);
  ownImages.set(name, source);
}

/**
 * The source at a path, or from code.
 *
 * @throws UserError where there is nothing of that name, or something damaged
 */
export async function openPath(where: string | ImageSource, options: SourceOptions): Promise<Source> {
  const own = typeof where === 'string' ? ownImages.get(where) : where;
  if (own) {
    const onFound = (images: number) => options.onProgress?.(images, undefined, 'finding');
    return openOwn(own, { onFound, signal: options.signal });
  }
  return openPlace(where as string, options);
}

async function openPlace(where: string, options: SourceOptions): Promise<Source> {
  const found = await stat(where).catch(() => undefined);
  if (!found && !isPattern(where) && !isRemote(where)) throw await missing(where);
  return openSource(where, options);
}

async function missing(where: string): Promise<UserError> {
  const beside = await readdir(dirname(where)).catch(() => undefined);
  const isPath = /[/\\]/.test(where) || archiveName(where) !== basename(where) || extname(where) !== '';
  if (isPath) {
    const near = beside ? didYouMean(basename(where), beside) : ` There is no ${dirname(where)} either.`;
    const cure = near || ` Look at the path; it is seen from ${process.cwd()}`;
    return new UserError(`${where}: no such folder or archive.${cure}`);
  }
  const hint = didYouMean(where, [
    ...dataSets,
    ...ownImages.keys(),
    ...(beside ?? []).filter((name) => !name.startsWith('.')),
  ]);
  return new UserError(`${where}: neither a data set (${dataSets.join(', ')}) nor a folder, .tar or .zip here.${hint}`);
}
