import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '../../errors.js';
import { cacheHome } from '../cache/cache-home.js';
import type { LocateOptions, ProgressOptions } from '../options.js';
import { download, type Remote, UnreachableError } from './download.js';

/** What looking for a data set in one folder came to. */
export type Located<Files> = { readonly files: Files } | { readonly problem: string } | undefined;

/** Where a data set may lie and what it consists of. */
export interface Whereabouts<Files> {
  /** Of the data set. */
  readonly name: string;
  /**
   * Folders that are tried below each root before the root itself; what is fetched goes into the
   * first.
   */
  readonly folders: readonly string[];
  /** The files expected, for messages. */
  readonly expected: string;
  /** Where they come from, for messages. */
  readonly origin: string;
  /** What to fetch where nothing is found; nothing where it may not be given to everybody. */
  readonly downloads: readonly Remote[];
  /**
   * The data set's files in a folder, why those found there will not do, or undefined where there
   * are none.
   */
  locateIn(folder: string): Promise<Located<Files>>;
}

/**
 * Looks for a data set under the data root, TANDEM_DATA, ./data, the user's cache and
 * /usr/share/datasets, in this order; where it is in none of them, it is fetched into the first one
 * given, or into the user's cache.
 *
 * @throws UserError saying what is expected, where it was looked for, and where it comes from
 */
export async function locate<Files>(
  whereabouts: Whereabouts<Files>,
  { dataRoot, download = !process.env.TANDEM_OFFLINE }: LocateOptions,
  progress: ProgressOptions,
): Promise<Files> {
  const { name, folders, expected, origin } = whereabouts;
  const [ownFolder = name] = folders;
  if (dataRoot !== undefined && !(await isFolder(dataRoot))) throw new UserError(`${dataRoot}: no such data folder`);
  const given = [dataRoot, process.env.TANDEM_DATA].filter((root): root is string => !!root);
  const ours = join(cacheHome(), 'data');
  const roots = [...given, resolve('data'), ours, '/usr/share/datasets'];
  const problems: string[] = [];
  for (const root of roots) {
    for (const folder of [...folders.map((folder) => join(root, folder)), root]) {
      const located = await whereabouts.locateIn(folder);
      if (located && 'files' in located) return located.files;
      if (located) problems.push(`; ${folder} ${located.problem}`);
    }
  }
  const fetched = download ? await fetchInto(join(given[0] ?? ours, ownFolder), whereabouts, progress) : '';
  if (typeof fetched !== 'string') return fetched.files;
  throw new UserError(
    `${name}: not found: expected ${expected} in a folder '${ownFolder}' under ${roots.join(', ')}` +
      `${problems.join('')}${fetched}. ${origin}`,
  );
}

/**
 * The files of a set after fetching them into a folder, or why that was not done, as the part of a
 * message.
 */
async function fetchInto<Files>(
  folder: string,
  { downloads, locateIn }: Whereabouts<Files>,
  progress: ProgressOptions,
): Promise<{ readonly files: Files } | string> {
  if (downloads.length === 0) return '';
  try {
    for (const remote of downloads) await download(remote, folder, progress);
  } catch (error) {
    if (error instanceof UnreachableError) return `; it could not be fetched either (${error.message})`;
    throw error;
  }
  const located = await locateIn(folder);
  return located && 'files' in located
    ? located
    : `; ${folder} ${located?.problem ?? 'does not hold it'} after fetching`;
}

/** Whether a path is a folder. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The first of several paths that is a file. */
export async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return path;
  }
  return undefined;
}

/** The first entry of a folder, by name, that a pattern fits. */
export async function firstLike(folder: string, pattern: RegExp): Promise<string | undefined> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => pattern.test(name)).sort();
  return names[0] === undefined ? undefined : join(folder, names[0]);
}
