import { access } from 'node:fs/promises';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../../errors.js';
import type { ColumnOptions } from '../../options.js';
import { contentsOfRefs, isRemote } from '../contents.js';
import { checkNumber } from '../formats.js';
import type { Said, Source } from '../source.js';
import { ByFolder } from './by-folder.js';
import { type Columns, columnsNote, columnsOf, textOf } from './columns.js';
import { type ListFormat, rowsIn } from './rows.js';

/** How a list is opened. */
export interface ListOptions extends ColumnOptions {
  /** Called now and then with the number of rows seen so far. */
  readonly onFound?: (files: number) => void;
  readonly signal?: AbortSignal | undefined;
  /** The URL that the list came from: relative paths are seen from there. */
  readonly base?: string | undefined;
}

/**
 * The images that a list names: paths or http(s) URLs, with their classes and split where columns
 * say them. Relative paths are seen from the list's folder, or from the working folder where they
 * are found there only.
 *
 * @throws UserError where it names none, or has no column of paths
 */
export async function openList(where: string, format: ListFormat, options: ListOptions = {}): Promise<Source> {
  const { columns, said } = await read(where, format, options);
  if (said.added === 0) throw new UserError(`${where}: a list without a path or URL in it`);
  const paths = said.sorted();
  const double = said.added - paths.length;
  const seen = await seenFrom(dirname(resolve(where)), paths);
  const { base } = options;
  const place = (path: string) => {
    if (isRemote(path)) return path;
    return base === undefined ? onDisk(seen.folder, path) : new URL(path, base).href;
  };
  return {
    name: basename(where).replace(/\.[a-z]+(\.gz)?$/i, ''),
    where,
    paths,
    said: (path) => said.get(path),
    faults: [],
    notes: [
      ...(columns && format !== 'txt' ? columnsNote(columns, options) : []),
      ...(double > 0 ? [`${double} lines name an image that another line names too; the last counts`] : []),
      ...(seen.note ? [seen.note] : []),
    ],
    others: [],
    origins: (wanted) => [where, ...wanted.map(place).filter((one) => !isRemote(one))],
    contents: (wanted, signal) => contentsOfRefs(wanted.map(place), signal),
  };
}

interface Found {
  readonly columns: Columns | undefined;
  readonly said: ByFolder<Said>;
}

async function read(
  where: string,
  format: ListFormat,
  { onFound, signal, base: _, ...asked }: ListOptions,
): Promise<Found> {
  const said = new ByFolder<Said>();
  // A million rows have few classes: each name is kept once, by split and label.
  const kept = new Map<string | undefined, Map<string | undefined, Said>>();
  let columns: Columns | undefined;
  for await (const { names, rows } of rowsIn(where, format, signal)) {
    if (rows.length === 0) continue;
    columns ??= columnsOf(where, names, rows.slice(0, 100), asked, format === 'txt' ? () => true : undefined);
    const { path: pathColumn, label: labelColumn, split: splitColumn } = columns;
    for (const row of rows) {
      const path = textOf(row, pathColumn);
      if (path === undefined) continue;
      const label = labelColumn === undefined ? undefined : textOf(row, labelColumn);
      const split = splitColumn === undefined ? undefined : textOf(row, splitColumn);
      const labels = kept.get(split) ?? new Map<string | undefined, Said>();
      kept.set(split, labels);
      const one = labels.get(label) ?? { label, split };
      labels.set(label, one);
      said.add(path, one);
    }
    onFound?.(said.added);
    checkNumber(where, said.added);
  }
  return { columns, said };
}

function onDisk(folder: string, path: string): string {
  return path.startsWith('file://') ? fileURLToPath(path) : resolve(folder, path);
}

/** So many relative paths are looked for in either folder. */
const mostTried = 20;

async function seenFrom(folder: string, paths: readonly string[]): Promise<{ folder: string; note?: string }> {
  const tried: string[] = [];
  for (const path of paths) {
    if (tried.length === mostTried) break;
    if (!isRemote(path) && !path.startsWith('file://') && !isAbsolute(path)) tried.push(path);
  }
  const count = async (from: string) => {
    const found = await Promise.all(
      tried.map((path) =>
        access(resolve(from, path)).then(
          () => 1,
          () => 0,
        ),
      ),
    );
    return found.reduce<number>((sum, one) => sum + one, 0);
  };
  const here = process.cwd();
  if (tried.length === 0 || here === folder || (await count(folder)) >= (await count(here))) return { folder };
  return { folder: here, note: `paths are seen from the working folder, ${here}` };
}
