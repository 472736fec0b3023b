import { UserError } from '../../errors.js';
import type { ColumnOptions } from '../options.js';
import { columnsOf, type Row, textOf } from '../sources/lists/columns.js';
import { listFormat, type RowChunk, rowsFrom, rowsIn } from '../sources/lists/rows.js';
import type { Said, Source } from '../sources/source.js';

/** What tables among the files say of images. */
export interface TablesFound {
  readonly said: (path: string) => Said | undefined;
  readonly notes: readonly string[];
}

/** The name that Hugging Face's image folders give to such a table. */
const usualName = /(^|\/)metadata\.(csv|tsv|jsonl)$/i;

/** Other tables are read up to so many. */
const mostTables = 8;

/** What `metadata.csv` or `.jsonl` say of images below them; undefined where there are none. */
export function metadataOf(source: Source, columns: ColumnOptions): Promise<TablesFound | undefined> {
  const files = source.others.filter((path) => usualName.test(path));
  return readTables(source, files, columns);
}

/**
 * What any other table or text file says of images in its folder and below: for where folders do
 * not name classes. Captions, which share an image's name, are none.
 */
export function tablesOf(source: Source, columns: ColumnOptions): Promise<TablesFound | undefined> {
  const stems = new Set(source.paths.map(stemOf));
  const files = source.others.filter(
    (path) => listFormat(path) !== undefined && !usualName.test(path) && !stems.has(stemOf(path)),
  );
  const byDepth = files.sort((a, b) => a.split('/').length - b.split('/').length);
  return readTables(source, byDepth.slice(0, mostTables), columns);
}

async function readTables(
  source: Source,
  files: readonly string[],
  columns: ColumnOptions,
): Promise<TablesFound | undefined> {
  const said = new Map<string, Said>();
  const notes: string[] = [];
  for (const file of files) {
    const found = await readTable(source, file, columns);
    if (!found) continue;
    for (const [path, one] of found.said) said.set(path, { ...said.get(path), ...one });
    notes.push(found.note);
  }
  if (notes.length === 0) return undefined;
  return { said: (path) => said.get(path) ?? source.said?.(path), notes };
}

interface Table {
  readonly said: Map<string, Said>;
  readonly note: string;
}

/** Undefined where less than half of its rows are of images here, or it says no class. */
async function readTable(source: Source, file: string, asked: ColumnOptions): Promise<Table | undefined> {
  const find = finder(source.paths, file);
  const said = new Map<string, Said>();
  let columns: ReturnType<typeof columnsOf> | undefined;
  let rowCount = 0;
  try {
    for await (const { names, rows } of await rowsOf(source, file)) {
      if (rows.length === 0) continue;
      columns ??= columnsOf(file, names, rows.slice(0, 100), asked, (some: readonly Row[], name) => {
        return some.filter((row) => find(textOf(row, name)) !== undefined).length >= some.length / 2;
      });
      const { path: pathColumn, label, split } = columns;
      for (const row of rows) {
        rowCount++;
        const path = find(textOf(row, pathColumn));
        if (path === undefined) continue;
        said.set(path, { label: label && textOf(row, label), split: split && textOf(row, split) });
      }
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // Others are of something else.
    return usualName.test(file) ? { said: new Map(), note: `${file} is not used: ${error.message}` } : undefined;
  }
  if (!columns?.label || said.size < rowCount / 2) return undefined;
  const split = columns.split === undefined ? '' : `, split column '${columns.split}'`;
  return { said, note: `classes are column '${columns.label}' of ${file}${split}` };
}

/**
 * Finds the image that a cell means: by its path from the table's folder, or by its name alone,
 * with or without its ending, where only one image there has it.
 */
function finder(paths: readonly string[], file: string): (cell: string | undefined) => string | undefined {
  const folder = file.slice(0, file.lastIndexOf('/') + 1);
  const inside = paths.filter((path) => path.startsWith(folder));
  const exact = new Set(inside);
  const byName = new Map<string, string | undefined>();
  for (const path of inside) {
    for (const name of [baseOf(path), baseOf(stemOf(path))]) byName.set(name, byName.has(name) ? undefined : path);
  }
  return (cell) => {
    if (cell === undefined) return undefined;
    const path = folder + cell.replace(/\\/g, '/').replace(/^(\.\/)+/, '');
    return exact.has(path) ? path : byName.get(baseOf(path));
  };
}

async function rowsOf(source: Source, file: string): Promise<AsyncIterable<RowChunk>> {
  const format = listFormat(file) ?? 'txt';
  for await (const content of source.contents([file])) {
    if (!('input' in content)) break;
    const { input } = content;
    return typeof input === 'string'
      ? rowsIn(input, format)
      : rowsFrom([Buffer.from(input).toString('utf8')], file, format);
  }
  throw new UserError(`${source.where}: ${file} cannot be read`);
}

function stemOf(path: string): string {
  return path.replace(/\.[^./]*$/, '');
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
