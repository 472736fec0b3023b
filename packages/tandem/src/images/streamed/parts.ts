import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../../errors.js';
import { masksAmong } from '../collection/masks.js';
import { stateOf } from '../file-state.js';
import type { OpenParts } from '../options.js';
import { digestOf, jsonOf } from '../set/digest.js';
import { isRemote } from '../sources/contents.js';
import { isRemotePattern, isShard, matchingRemotes } from '../sources/http/matching.js';
import { NoAnswer } from '../sources/http/receive.js';
import type { Remote } from '../sources/http/remote.js';
import { nameOf, RemoteFiles, remoteHome, usualBytes } from '../sources/http/remote-files.js';
import { openSource } from '../sources/open-source.js';
import { isPattern, matching } from '../sources/patterns.js';
import type { Source } from '../sources/source.js';
import { learnedBy, type Rule } from './learned.js';
import type { Meter } from './meter.js';
import { type OpenedPart, openedFrom, openedWithin, type Part } from './part.js';

/** Images of a part that is made of a list or a folder. */
const slice = 1024;

/** A set as parts. */
export interface PartedSet {
  readonly name: string;
  readonly parts: readonly Part[];
  /** Images of all parts, where they are known. */
  readonly count?: number | undefined;
  readonly notes: readonly string[];
}

/** What parts are opened with. */
export type PartOptions = Pick<OpenParts, 'columns' | 'layout' | 'storage' | 'progress'> & { readonly meter: Meter };

/**
 * The parts of a set: each of several shards or tables is one, by address or on disk; all else is
 * parted by its list of images.
 *
 * @throws UserError where something is missing
 */
export async function partsOf(where: string, options: PartOptions): Promise<PartedSet> {
  const { signal, onProgress } = options.progress;
  const how = { signal, onRetry: (reason: string) => onProgress?.(0, undefined, `again: ${reason}`) };
  if (isRemote(where) && (isRemotePattern(where) || isShard(where))) {
    return {
      name: seriesName(where),
      parts: named(remoteParts(await matchingRemotes(where, how), options)),
      notes: [],
    };
  }
  const files = await localShards(where);
  if (files) return { name: seriesName(where), parts: named(await localParts(files, options)), notes: [] };
  const source = await openSource(where, { ...options.progress, columns: options.columns });
  const rule = learnedBy(options.layout, []);
  const parts = await slices(source, rule, options.meter);
  return { name: source.name, parts, count: learnedAmong(source, source.paths, rule), notes: source.notes };
}

/** Shards on disk: those that a pattern fits, or in a folder of them; undefined for all else. */
async function localShards(where: string): Promise<string[] | undefined> {
  const found = await stat(where).catch(() => undefined);
  if (found?.isDirectory()) {
    const names = (await readdir(where)).filter((name) => isShard(name) && !name.startsWith('.')).sort();
    return names.length > 0 ? names.map((name) => join(where, name)) : undefined;
  }
  if (found) return isShard(where) ? [where] : undefined;
  if (!isPattern(where)) return undefined;
  const files = await matching(where);
  return files.every(isShard) ? files : undefined;
}

type FilePart = Omit<Part, 'name' | 'prefix'> & { readonly file: string };

function remoteParts(files: readonly Remote[], { storage, progress, columns, meter }: PartOptions): FilePart[] {
  const disk = new RemoteFiles(remoteHome(storage.cache), storage.streamCache ?? usualBytes);
  return files.map((remote) => ({
    file: nameOf(remote.place),
    diskBytes: diskBytesOf(remote),
    weight: remote.size,
    version: `${remote.place} ${remote.version} ${remote.size}`,
    async open(signal) {
      const how = {
        signal: signal ?? progress.signal,
        onBytes: (bytes: number) => meter.came(bytes),
        onRetry: (reason: string) => meter.failed(`${nameOf(remote.place)}: ${reason}`),
      };
      const held = await disk.hold(remote, how, diskBytesOf(remote)).catch((error) => {
        throw error instanceof NoAnswer ? new UserError(`${remote.place}: ${error.message}`, { cause: error }) : error;
      });
      try {
        return await openedFrom(await openSource(held.path, { columns, signal: how.signal }), how.signal, held.release);
      } catch (error) {
        held.release();
        if (!(error instanceof UserError)) throw error;
        await held.forget();
        throw new UserError(error.message.replaceAll(held.path, remote.place), { cause: error });
      }
    },
  }));
}

/** Beside a file that is packed lies what it is unpacked to. */
function diskBytesOf({ place, size }: Remote): number {
  return /\.tar$/i.test(place) ? size : 2 * size;
}

async function localParts(files: readonly string[], { progress, columns, meter }: PartOptions): Promise<FilePart[]> {
  const states = await stateOf(files, progress.signal);
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return files.map((file, i) => ({
    file: basename(file),
    diskBytes: /\.tar$/i.test(file) ? 0 : (sizes[i] as number),
    weight: sizes[i] as number,
    version: states[i] as string,
    async open(signal) {
      const opened = await openedFrom(await openSource(file, { columns, signal }), signal);
      meter.came(sizes[i] as number);
      return opened;
    },
  }));
}

function learnedAmong(source: Source, paths: readonly string[], rule: Rule): number {
  const masks = masksAmong(paths);
  return paths.filter((path) => !masks.has(path) && rule(path, source.said?.(path), { name: '' })).length;
}

/** Lines of a list, all fetched when it is opened: what cannot be had is not asked for again. */
async function fetchedPart(
  source: Source,
  paths: readonly string[],
  meter: Meter,
  signal: AbortSignal | undefined,
): Promise<OpenedPart> {
  const part = openedWithin(source, paths);
  const missing = new Map<number, string>();
  for await (const content of part.contents([...paths.keys()], signal)) {
    if ('reason' in content) missing.set(content.index, content.reason);
    else if ('input' in content && typeof content.input === 'string')
      meter.came((await stat(content.input).catch(() => undefined))?.size ?? 0);
  }
  return {
    ...part,
    async *contents(numbers, later) {
      const there = [...numbers.entries()].filter(([, number]) => !missing.has(number));
      for (const [index, number] of numbers.entries()) {
        const reason = missing.get(number);
        if (reason !== undefined) yield { index, reason };
      }
      const own = there.map(([, number]) => number);
      for await (const content of part.contents(own, later))
        yield { ...content, index: there[content.index]?.[0] as number };
    },
  };
}

/** With names that differ: those of the files, or with numbers where two have one name. */
function named(parts: readonly FilePart[]): Part[] {
  const names = parts.map(({ file }) => file.replace(/\.(tar|tar\.gz|tgz|zip|parquet|arrow|feather)$/i, ''));
  const isDistinct = new Set(names).size === names.length;
  return parts.map(({ file: _, ...part }, i) => {
    const name = isDistinct ? (names[i] as string) : `${i}-${names[i]}`;
    return { ...part, name, prefix: parts.length > 1 ? `${name}/` : '' };
  });
}

async function slices(source: Source, rule: Rule, meter: Meter): Promise<Part[]> {
  const { paths } = source;
  const state = digestOf(jsonOf([paths, await stateOf(source.origins([])), [source.state ?? '']]));
  return Array.from({ length: Math.ceil(paths.length / slice) }, (_, i) => {
    const own = paths.slice(i * slice, (i + 1) * slice);
    return {
      name: `images ${i * slice} to ${i * slice + own.length - 1}`,
      prefix: '',
      diskBytes: 0,
      weight: learnedAmong(source, own, rule),
      version: state,
      open: async (signal) =>
        own.some(isRemote) ? fetchedPart(source, own, meter, signal) : openedWithin(source, own),
    };
  });
}

/** What an address or a pattern calls its set. */
function seriesName(where: string): string {
  const name = basename(where.replace(/[?#].*$/, ''))
    .replace(/\.(tar|tar\.gz|tgz|zip|parquet|arrow|feather)$/i, '')
    .replace(/[-_.]?(\{.*\}|[*?]+)/g, '');
  return /^[\w.-]+$/.test(name) ? name : 'shards';
}
