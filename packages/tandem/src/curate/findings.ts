import { renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.js';
import { beside, clearAbandoned } from '../files/beside.js';
import { refuseExisting } from '../files/existing.js';
import { makeFolder } from '../files/make-folder.js';
import { checkOut } from '../files/out.js';
import { syncFolder } from '../files/sync.js';
import { reasonOf } from '../files/system-error.js';
import { writeSynced } from '../files/write-whole.js';
import { csv } from '../text.js';

/** A line of a table: the same keys in each. */
type Line = Readonly<Record<string, string | number | boolean | undefined>>;

/** What is written of what was found. */
export interface Findings {
  /** Paths for `leaveOut=` and other tools, by the file's name. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  /** A table, written as CSV and JSONL, by its name without an ending. */
  readonly tables: Readonly<Record<string, readonly Line[]>>;
  /** Other files, by their name. */
  readonly others: Readonly<Record<string, string>>;
}

/**
 * Says before any work that findings could not be written.
 * @throws UserError where the folder is there
 */
export const checkFolder = checkOut;

/** Writes to a new folder, which appears whole or not at all. @returns the files */
export function writeFindings(folder: string, { lists, tables, others }: Findings): string[] {
  const files = [
    ...Object.entries(lists).map(([name, paths]) => [name, paths.map((path) => `${path}\n`).join('')] as const),
    ...Object.entries(tables).flatMap(([name, lines]) => [
      [`${name}.csv`, csvOf(lines)] as const,
      [`${name}.jsonl`, lines.map((line) => `${JSON.stringify(line)}\n`).join('')] as const,
    ]),
    ...Object.entries(others),
  ];
  const part = beside(folder);
  clearAbandoned(folder);
  try {
    makeFolder(part);
    for (const [name, content] of files) writeSynced(join(part, name), content);
    refuseExisting(folder);
    renameSync(part, folder);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    if (error instanceof UserError) throw error;
    throw new UserError(`${folder} cannot be written: ${reasonOf(error)}`);
  }
  syncFolder(dirname(folder));
  return files.map(([name]) => join(folder, name));
}

function csvOf(lines: readonly Line[]): string {
  const columns = Object.keys(lines[0] ?? {});
  return csv([columns, ...lines.map((line) => columns.map((column) => line[column]))]);
}
