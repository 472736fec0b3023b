import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { shownBytes, UserError } from '../../errors.js';
import { refuseEndless } from '../../files/regular.js';
import type { ColumnOptions, ProgressOptions, StorageOptions } from '../options.js';
import { ahead } from './ahead.js';
import { archiveName, openTars } from './archive.js';
import { isRemote } from './contents.js';
import { openFiles } from './files.js';
import { openFolder } from './folder.js';
import { isImage } from './formats.js';
import { sniff } from './gzip.js';
import { fetched } from './http/fetched.js';
import { isRemotePattern, matchingRemotes } from './http/matching.js';
import { NoAnswer } from './http/receive.js';
import type { Remote } from './http/remote.js';
import { RemoteFiles, remoteHome, usualBytes } from './http/remote-files.js';
import { openTableFiles, tableKind } from './hugging-face/open.js';
import { openList } from './lists/list.js';
import { listFormat } from './lists/rows.js';
import { gapsNote, isPattern, matching } from './patterns.js';
import type { Source } from './source.js';
import { together } from './together.js';
import { openZip } from './zip.js';

/** How a source is opened. */
export interface SourceOptions extends ProgressOptions {
  readonly columns?: ColumnOptions | undefined;
  /** Where what URLs give is kept. */
  readonly storage?: StorageOptions | undefined;
}

/**
 * The images at a path: of a folder, a tar (gzipped or not) or a zip, as their first bytes tell, of
 * a list (.txt, .csv, .tsv, .jsonl), of a single file; or of all that a pattern stands for:
 * WebDataset's shards, `name-{000..099}.tar`, `*.jpg`, `{a,b}`.
 *
 * @throws UserError where it cannot be read, or is damaged
 */
export async function openSource(where: string, options: SourceOptions = {}): Promise<Source> {
  if (isRemote(where)) return openRemote(where, options);
  const found = await stat(where).catch((error) => error as Error);
  if (!(found instanceof Error)) return openOne(where, found.isDirectory(), options);
  if (!isPattern(where)) throw found;
  return openSeveral(where, await matching(where), options);
}

/**
 * What a URL gives is kept in the user's cache, and asked for again only where it changed. All
 * files that an address stands for must have room there.
 */
async function openRemote(where: string, options: SourceOptions): Promise<Source> {
  if (isRemotePattern(where)) return openRemotes(where, await matchingRemotes(where, options), options);
  const content = await fetched(where, options.signal);
  const isLarge = 'reason' in content && /larger than/.test(content.reason);
  if (isLarge) return openRemotes(where, await matchingRemotes(where, options), options);
  if (!('input' in content)) throw new UserError(`${where}: ${'reason' in content ? content.reason : 'no file'}`);
  const source = await openOne(String(content.input), false, { ...options, base: where });
  const name = basename(new URL(where).pathname).replace(/(\.[a-z0-9]{1,8}){1,2}$/i, '') || 'images';
  return { ...source, name, where };
}

async function openRemotes(where: string, files: readonly Remote[], options: SourceOptions): Promise<Source> {
  const { storage = {}, signal, onProgress } = options;
  const disk = new RemoteFiles(remoteHome(storage.cache), storage.streamCache ?? usualBytes);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  if (bytes > disk.most) {
    throw new UserError(
      `${where}: ${shownBytes(bytes)} in all, more than the ${shownBytes(disk.most)} that may be kept on disk; give streamCache=<GiB>, or let training read them as a stream (stream=on)`,
    );
  }
  let done = 0;
  const onBytes = (more: number) => {
    done += more;
    onProgress?.(Math.round(done / 2 ** 20), Math.round(bytes / 2 ** 20), 'MiB fetched');
  };
  const paths: string[] = [];
  const held = ahead(files, 4, (file) => disk.hold(file, { signal, onBytes }));
  try {
    for await (const { path } of held) paths.push(path);
  } catch (error) {
    throw error instanceof NoAnswer ? new UserError(`${where}: ${error.message}`, { cause: error }) : error;
  }
  const source = await openSeveral(where, paths, options);
  return { ...source, where };
}

async function openOne(where: string, isFolder: boolean, options: SourceOptions & { base?: string }): Promise<Source> {
  const { onProgress, signal, columns } = options;
  const onFound = (files: number) => onProgress?.(files, undefined, 'finding');
  if (isFolder) return withinFolder(where, await openFolder(where, { onFound, signal }), options);
  refuseEndless(where);
  if (isImage(where)) return openFiles(where, [where]);
  if (tableKind(where)) return openTableFiles(where, [where], options);
  const format = listFormat(where);
  if (format) return openList(where, format, { ...columns, onFound, signal, base: options.base });
  return (await sniff(where)) === 'zip'
    ? openZip(where, onFound, signal)
    : openTars(where, [where], { part: columns?.imageColumn, onFound, signal });
}

/** Shards and single files make one collection; all else is put together part by part. */
async function openSeveral(where: string, paths: readonly string[], options: SourceOptions): Promise<Source> {
  const { onProgress, signal, columns } = options;
  if (paths.every(isTar)) {
    const onFound = (files: number) => onProgress?.(files, undefined, 'finding');
    const source = await openTars(where, paths, { part: columns?.imageColumn, onFound, signal });
    return { ...source, name: seriesName(where, paths), notes: [...gapsNote(paths), ...source.notes] };
  }
  if (paths.every(tableKind)) return openTableFiles(where, paths, options);
  if (paths.every(isImage)) return openFiles(where, paths);
  const [first = where] = paths;
  if (paths.length === 1) return openSource(first, options);
  const sources: Source[] = [];
  for (const path of paths) sources.push(await openSource(path, options));
  return together(where, sources, paths);
}

/** A folder without images of its own may be one of shards. */
async function withinFolder(where: string, source: Source, options: SourceOptions): Promise<Source> {
  const tars = source.others.filter(isTar);
  const tables = source.others.filter((path) => tableKind(path) && !isCopy(path, tars));
  const parts = tars.length > 0 ? tars : tables;
  if (parts.length === 0) return source;
  if (source.paths.length === 0) {
    const opened = await openSeveral(where, source.origins(parts).map(String), options);
    const failures = await failuresNote(source.origins(source.others.filter(isStatistics)).map(String));
    return { ...opened, name: source.name, where, notes: [...opened.notes, ...failures] };
  }
  const note = `${parts.length} archives beside the images are not opened, such as ${parts[0]}; give them by name to use them`;
  return { ...source, notes: [...source.notes, note] };
}

/**
 * What other programs keep beside data: img2dataset's table of what it fetched beside each tar, and
 * what `datasets` remembers of a map.
 */
function isCopy(path: string, tars: readonly string[]): boolean {
  const stem = path.replace(/\.[^.]*$/, '');
  return tars.includes(`${stem}.tar`) || /(^|\/)cache-[0-9a-f]+\.arrow$/.test(path);
}

/** What img2dataset tells of each shard. */
function isStatistics(path: string): boolean {
  return /(^|\/)\d+_stats\.json$/.test(path);
}

/** How many images img2dataset could not fetch; nothing where it had all, or made no shards. */
async function failuresNote(files: readonly string[]): Promise<string[]> {
  let [all, successes] = [0, 0];
  for (const file of files) {
    const found = await readFile(file, 'utf8')
      .then(JSON.parse)
      .catch(() => ({}));
    if (typeof found?.count !== 'number' || typeof found?.successes !== 'number') continue;
    all += found.count;
    successes += found.successes;
  }
  return all > successes ? [`${all - successes} of ${all} images were not fetched when the shards were made`] : [];
}

function isTar(path: string): boolean {
  return /\.(tar|tar\.gz|tgz)$/i.test(path);
}

function seriesName(where: string, paths: readonly string[]): string {
  const name = archiveName(where).replace(/[-_.]?(\{.*\}|[*?]+)/g, '');
  return /^[\w.-]+$/.test(name)
    ? name
    : archiveName(paths[0] ?? '').replace(/[-_.]?\d+$/, '') || basename(where) || 'shards';
}
