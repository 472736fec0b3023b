import type { FileHandle } from 'node:fs/promises';
import type { AsyncBuffer, ColumnMetaData, FileMetaData, SchemaTree } from 'hyparquet';
import { parquetHeader, readColumn } from 'hyparquet/src/column.js';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { getTreePath } from 'hyparquet/src/schema.js';
import { compressors } from 'hyparquet-compressors';

/** Some rows of one column, in order. */
export interface PageRows {
  /** Of the first, in its row group. */
  readonly from: number;
  /** Of each row what it holds: one value or none, or those of its list. */
  readonly values: readonly (readonly unknown[])[];
}

/** A file as hyparquet reads one. */
export function bufferOf(handle: FileHandle, byteLength: number): AsyncBuffer {
  return { byteLength, slice: (from, to = byteLength) => read(handle, from, to) };
}

async function read(handle: FileHandle, from: number, to: number): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(to - from);
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, from + done);
    if (bytesRead === 0) throw new Error('the file ends early');
    done += bytesRead;
  }
  return bytes.buffer;
}

/** Enough of a page to hold its header, statistics included. */
const headerBytes = 2 ** 14;

/**
 * The values of one column of a row group, a page at a time: a row group of images may have half a
 * gigabyte, a page has a megabyte or one image. A column of lists is read at once, as a list may go
 * on in the next page.
 *
 * @param wants whether any of some rows of the group are wanted: pages of others are not read
 */
export async function* pagesOf(
  file: AsyncBuffer,
  { row_groups }: FileMetaData,
  schema: SchemaTree,
  { group, path }: { readonly group: number; readonly path: readonly string[] },
  wants: (from: number, to: number) => boolean,
): AsyncGenerator<PageRows> {
  const meta = row_groups[group]?.columns.find((column) => column.meta_data?.path_in_schema.join() === path.join())
    ?.meta_data as ColumnMetaData;
  const rows = Number(row_groups[group]?.num_rows);
  const begin = Number(meta.dictionary_page_offset ?? meta.data_page_offset);
  const end = begin + Number(meta.total_compressed_size);
  if (isRepeated(schema, path)) {
    if (wants(0, rows)) yield { from: 0, values: decode(await file.slice(begin, end), meta, schema, rows) };
    return;
  }
  let dictionary = new Uint8Array();
  let from = 0;
  for (let at = begin; at < end && from < rows; ) {
    const { header, length } = await headerAt(file, at, end);
    const next = at + length + header.compressed_page_size;
    if (header.type === 'DICTIONARY_PAGE') {
      dictionary = new Uint8Array(await file.slice(at, next));
    } else {
      const count = header.data_page_header_v2?.num_rows ?? header.data_page_header?.num_values ?? 0;
      if (wants(from, from + count)) {
        const page = new Uint8Array(await file.slice(at, next));
        const bytes = dictionary.length === 0 ? page : joined(dictionary, page);
        yield { from, values: decode(bytes.buffer, meta, schema, count) };
      }
      from += count;
    }
    at = next;
  }
}

async function headerAt(file: AsyncBuffer, at: number, end: number) {
  for (let size = headerBytes; ; size *= 16) {
    const reader = { view: new DataView(await file.slice(at, Math.min(at + size, end))), offset: 0 };
    try {
      return { header: parquetHeader(reader), length: reader.offset };
    } catch (error) {
      if (at + size >= end) throw error;
    }
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

function decode(bytes: ArrayBuffer, meta: ColumnMetaData, schema: SchemaTree, rows: number): PageRows['values'] {
  const schemaPath = getTreePath(schema, meta.path_in_schema);
  const element = schemaPath.at(-1)?.element as SchemaTree['element'];
  const { data } = readColumn(
    { view: new DataView(bytes), offset: 0 },
    { groupStart: 0, groupRows: rows, selectStart: 0, selectEnd: rows },
    {
      pathInSchema: meta.path_in_schema,
      schemaPath,
      element,
      parsers: DEFAULT_PARSERS,
      compressors,
      utf8: false,
      ...meta,
    },
  );
  // Whatever structs and lists are around a value, each row's are side by side.
  return data.flatMap((part) =>
    Array.from(part as ArrayLike<unknown>, (value) => (Array.isArray(value) ? (value.flat(9) as unknown[]) : [value])),
  );
}

/** Whether a row may have several values of a column. */
export function isRepeated(schema: SchemaTree, path: readonly string[]): boolean {
  const [, ...below] = getTreePath(schema, [...path]);
  return below.some(({ element }) => element.repetition_type === 'REPEATED');
}
