import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { UserError } from '../errors.js';

/** What looking for a data set in one folder came to. */
export type Finding<Files> = { readonly files: Files } | { readonly problem: string } | undefined;

/** Where a known data set may lie and what it consists of. */
export interface Wanted<Files> {
  readonly name: string;
  /** Folders that are tried below each root before the root itself. */
  readonly folders: readonly string[];
  /** The files expected, for messages. */
  readonly expected: string;
  /** Where they come from, for messages. */
  readonly origin: string;
  /** The data set's files in a folder, why those found there will not do, or undefined where there are none. */
  look(folder: string): Promise<Finding<Files>>;
}

/**
 * Looks for a data set under `dataRoot`, TANDEM_DATA, ./data, ~/.cache/tandem/data and /usr/share/datasets, in this
 * order.
 *
 * @throws UserError saying what is expected, where it was looked for, and where it comes from
 */
export async function find<Files>(wanted: Wanted<Files>, dataRoot?: string): Promise<Files> {
  if (dataRoot !== undefined && !(await isFolder(dataRoot))) throw new UserError(`${dataRoot}: no such data folder`);
  const given = [dataRoot, process.env.TANDEM_DATA].filter((root): root is string => !!root);
  const roots = [...given, resolve('data'), join(homedir(), '.cache', 'tandem', 'data'), '/usr/share/datasets'];
  const problems: string[] = [];
  for (const root of roots) {
    for (const folder of [...wanted.folders.map((name) => join(root, name)), root]) {
      const finding = await wanted.look(folder);
      if (finding && 'files' in finding) return finding.files;
      if (finding) problems.push(`; ${folder} ${finding.problem}`);
    }
  }
  throw new UserError(
    `${wanted.name}: not found: expected ${wanted.expected} in a folder '${wanted.folders[0]}' under ${roots.join(', ')}` +
      `${problems.join('')}. ${wanted.origin}`,
  );
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
