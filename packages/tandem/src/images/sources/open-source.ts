import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { UserError } from '../../errors.js';
import type { ColumnOptions, ProgressOptions } from '../options.js';
import { archiveName, openTars } from './archive.js';
import { isRemote } from './contents.js';
import { openFiles } from './files.js';
import { openFolder } from './folder.js';
import { isImage } from './formats.js';
import { sniff } from './gzip.js';
import { fetched } from './http/fetched.js';
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
 * What a URL gives, of at most 256 MiB: it is kept in the user's cache, and asked for again only
 * where it changed.
 */
async function openRemote(where: string, options: SourceOptions): Promise<Source> {
  const content = await fetched(where, options.signal);
  if (!('input' in content)) throw new UserError(`${where}: ${'reason' in content ? content.reason : 'no file'}`);
  const source = await openOne(String(content.input), false, { ...options, base: where });
  const name = basename(new URL(where).pathname).replace(/(\.[a-z0-9]{1,8}){1,2}$/i, '') || 'images';
  return { ...source, name, where };
}

async function openOne(where: string, isFolder: boolean, options: SourceOptions & { base?: string }): Promise<Source> {
  const { onProgress, signal, columns } = options;
  const onFound = (files: number) => onProgress?.(files, undefined, 'finding');
  if (isFolder) return withinFolder(where, await openFolder(where, { onFound, signal }), options);
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
