import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import Papa from 'papaparse';
import { UserError } from '../../../errors.js';
import { refuseEndless } from '../../../files/regular.js';
import { unreadable } from '../../../files/system-error.js';
import { gzipError } from '../gzip.js';
import { isReference, type Row } from './columns.js';

/** How a list is written. */
export type ListFormat = 'csv' | 'tsv' | 'jsonl' | 'txt';

/** The rows of a list, some thousands at a time, with the names of all columns so far. */
export interface RowChunk {
  readonly names: readonly string[];
  readonly rows: readonly Row[];
}

const endings: Readonly<Record<string, ListFormat>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  txt: 'txt',
  lst: 'txt',
  list: 'txt',
};

/** What kind of list the ending of a name says; undefined where it says none. */
export function listFormat(path: string): ListFormat | undefined {
  return endings[/\.([a-z]+)(\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? ''];
}

/**
 * The rows of a file. Columns without a head are called 1, 2 and so on; a text file's only column
 * is 1, and 2 is the class where each line ends with one.
 *
 * @throws UserError where it cannot be read, or a line is not what its format asks for
 */
export async function* rowsIn(file: string, format: ListFormat, signal?: AbortSignal): AsyncGenerator<RowChunk> {
  const { stream, isZipped } = await textStream(file);
  try {
    yield* rowsFrom(stream, file, format, signal);
  } catch (error) {
    throw (isZipped ? gzipError(file, error) : undefined) ?? error;
  } finally {
    stream.destroy();
  }
}

/** The same of text that is at hand. */
export function rowsFrom(
  chunks: AsyncIterable<string> | Iterable<string>,
  where: string,
  format: ListFormat,
  signal?: AbortSignal,
): AsyncGenerator<RowChunk> {
  if (format === 'jsonl') return objects(chunks, where, signal);
  return format === 'txt' ? plain(chunks, signal) : table(chunks, where, format, signal);
}

/** UTF-8, or UTF-16 with its mark, as spreadsheets write it. */
async function textStream(file: string): Promise<{ stream: Readable; isZipped: boolean }> {
  refuseEndless(file);
  const start = Buffer.alloc(2);
  const handle = await open(file).catch((error) => {
    throw unreadable(file, error);
  });
  await handle.read(start, 0, 2, 0).finally(() => handle.close());
  const isZipped = start[0] === 0x1f && start[1] === 0x8b;
  const raw = createReadStream(file, { highWaterMark: 2 ** 20 });
  const stream: Readable = isZipped ? pipeline(raw, createGunzip({ chunkSize: 2 ** 18 }), () => {}) : raw;
  stream.setEncoding(start[0] === 0xff && start[1] === 0xfe ? 'utf16le' : 'utf8');
  return { stream, isZipped };
}

/** Whole lines, a chunk's at a time, without the mark before the first. */
async function* linesIn(
  chunks: AsyncIterable<string> | Iterable<string>,
  signal?: AbortSignal,
): AsyncGenerator<string[]> {
  let rest = '\ufeff';
  let isFirst = true;
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    const text = isFirst ? chunk.replace(/^\ufeff/, '') : rest + chunk;
    isFirst = false;
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() as string;
    yield lines;
  }
  if (!isFirst && rest !== '') yield [rest];
}

async function* objects(
  chunks: AsyncIterable<string> | Iterable<string>,
  where: string,
  signal?: AbortSignal,
): AsyncGenerator<RowChunk> {
  const names = new Set<string>();
  let number = 0;
  for await (const lines of linesIn(chunks, signal)) {
    const rows: Row[] = [];
    for (const line of lines) {
      number++;
      if (line.trim() === '') continue;
      const row = parsed(line, where, number);
      for (const name of Object.keys(row)) names.add(name);
      rows.push(row);
    }
    yield { names: [...names], rows };
  }
}

function parsed(line: string, where: string, number: number): Row {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'string') return { path: value };
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Row;
  } catch {}
  throw new UserError(`${where}:${number}: not a JSON object; a list in JSON has one on each line`);
}

/** A path on each line, or a path and a class where all of the first lines have both. */
async function* plain(
  chunks: AsyncIterable<string> | Iterable<string>,
  signal?: AbortSignal,
): AsyncGenerator<RowChunk> {
  let withClass: RegExp | undefined;
  let isFirst = true;
  for await (const all of linesIn(chunks, signal)) {
    const lines = all.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
    if (lines.length === 0) continue;
    if (isFirst) withClass = twoColumns(lines.slice(0, 100));
    isFirst = false;
    yield withClass
      ? { names: ['1', '2'], rows: lines.map((line) => pair(withClass?.exec(line)) ?? { 1: line }) }
      : { names: ['1'], rows: lines.map((line) => ({ 1: line })) };
  }
}

function pair(match: RegExpExecArray | null | undefined): Row | undefined {
  return match ? { 1: match[1], 2: match[2] } : undefined;
}

/** How a line parts into path and class; undefined where lines are paths alone. */
function twoColumns(lines: readonly string[]): RegExp | undefined {
  if (lines.filter((line) => isReference(line) && !/\s/.test(line)).length > lines.length / 2) return undefined;
  const ways = [/^(.*?)\t(.+)$/, /^(.*)[ ,;]\s*(\S+)$/];
  return ways.find((way) => lines.every((line) => isReference(way.exec(line)?.[1]?.trim())));
}

/** Rows that are looked at for a head. */
const mostSampled = 20;

/** Comma-, semicolon- or tab-separated rows, by Papa Parse. */
async function* table(
  chunks: AsyncIterable<string> | Iterable<string>,
  where: string,
  format: 'csv' | 'tsv',
  signal?: AbortSignal,
): AsyncGenerator<RowChunk> {
  let names: readonly string[] | undefined;
  let number = 0;
  for await (const cells of cellsIn(chunks, format)) {
    signal?.throwIfAborted();
    const width = cells.reduce((most, row) => Math.max(most, row.length), 0);
    if (!names) {
      const head = headOf(cells);
      names = head ?? Array.from({ length: width }, (_, i) => String(i + 1));
      if (head) cells.shift();
    }
    const known = names;
    if (width > known.length) {
      const at = number + cells.findIndex((row) => row.length > known.length) + 1;
      throw new UserError(
        `${where}: row ${at} has ${width} cells, and there are ${known.length} columns; cells that hold the separator stand in "quotes"`,
      );
    }
    number += cells.length;
    yield { names: known, rows: cells.map((row) => named(known, row)) };
  }
}

/** `Object.fromEntries` makes as many pairs as there are cells. */
function named(names: readonly string[], cells: readonly string[]): Row {
  const row: Record<string, unknown> = {};
  for (let i = 0; i < names.length; i++) row[names[i] as string] = cells[i];
  return row;
}

/** Whole rows, a chunk's at a time; a row that goes on in the next chunk waits for it. */
async function* cellsIn(
  chunks: AsyncIterable<string> | Iterable<string>,
  format: 'csv' | 'tsv',
): AsyncGenerator<string[][]> {
  let parser: Papa.Parser | undefined;
  let rest = '\ufeff';
  const parse = (isLast: boolean): string[][] => {
    parser ??= new Papa.Parser(dialectOf(rest, format));
    const { data, meta } = parser.parse(rest, 0, !isLast) as Papa.ParseResult<string[]>;
    rest = rest.slice(meta.cursor);
    return data.filter((row) => row.some((cell) => cell.trim() !== ''));
  };
  for await (const chunk of chunks) {
    rest = (rest + chunk).replace(/^\ufeff+/, '');
    const rows = parse(false);
    if (rows.length > 0) yield rows;
  }
  const rows = rest.trim() === '' ? [] : parse(true);
  if (rows.length > 0) yield rows;
}

/** How a table parts cells and rows, by its beginning. */
function dialectOf(start: string, format: 'csv' | 'tsv'): Papa.ParseConfig {
  const { meta } = Papa.parse<string[]>(start.slice(0, 2 ** 16), { preview: mostSampled });
  const newline = meta.linebreak as '\n' | '\r' | '\r\n';
  return { delimiter: format === 'tsv' ? '\t' : meta.delimiter, newline };
}

/** The first row, where it names columns: it has no image in it, though others have. */
function headOf(cells: readonly (readonly string[])[]): string[] | undefined {
  const [first = [], ...others] = cells.slice(0, mostSampled);
  const hasImage = (row: readonly string[]) => row.some((cell) => isReference(cell.trim()));
  if (hasImage(first)) return undefined;
  const isNamed = first.every((cell) => /^[^\d\W][\w .-]*$/u.test(cell.trim()));
  return isNamed || others.some(hasImage) ? first.map((cell, i) => cell.trim() || String(i + 1)) : undefined;
}
