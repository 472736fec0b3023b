import type { FileHandle } from 'node:fs/promises';
import type { AsyncBuffer, ColumnMetaData, FileMetaData, SchemaTree } from 'hyparquet';
import { parquetHeader, readPage } from 'hyparquet/src/column.js';
import { convert, DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { getTreePath } from 'hyparquet/src/schema.js';
import { compressors } from 'hyparquet-compressors';

type ColumnDecoder = Parameters<typeof readPage>[2];
type DecodedArray = NonNullable<ReturnType<typeof readPage>['data']>;

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
 * gigabyte, a page has a megabyte or one image.
 *
 * @throws Error where its pages have more or fewer rows than the group; rows that came before may
 * then be others
 * @param wants whether any of some rows of the group are wanted: pages of others are not read,
 * but for those of lists, whose rows only their pages tell
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
  const isList = isRepeated(schema, path);
  const decoder = decoderOf(meta, schema);
  let dictionary: DecodedArray | undefined;
  /** The last list so far, which may go on in the next page. */
  let open: DecodedArray | undefined;
  let from = 0;
  for (let at = begin; at < end && (isList || from < rows); ) {
    const { header, length } = await headerAt(file, at, end);
    const next = at + length + header.compressed_page_size;
    const read = async () => {
      const view = new DataView(await file.slice(at + length, next));
      return readPage({ view, offset: 0 }, header, decoder, dictionary, open, 0).data ?? [];
    };
    if (header.type === 'DICTIONARY_PAGE') {
      dictionary = convert(await read(), decoder);
    } else if (isList) {
      const lists = await read();
      if (lists.length > 0) {
        yield { from, values: rowsOf(lists.slice(0, -1)) };
        from += lists.length - 1;
        open = lists.slice(-1);
      }
    } else {
      const count = header.data_page_header_v2?.num_rows ?? header.data_page_header?.num_values ?? 0;
      if (wants(from, from + count)) {
        const values = rowsOf(await read());
        if (values.length !== count) throw new Error(`a page of ${count} rows has ${values.length}`);
        yield { from, values };
      }
      from += count;
    }
    at = next;
  }
  if (open) yield { from, values: rowsOf(open) };
  // Headers of pages have no checksums: behind a damaged one rows are others than they say.
  const found = from + (open?.length ?? 0);
  if (found !== rows) throw new Error(`the pages of a column have ${found} rows of ${rows}`);
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

function decoderOf(meta: ColumnMetaData, schema: SchemaTree): ColumnDecoder {
  const schemaPath = getTreePath(schema, meta.path_in_schema);
  const element = schemaPath.at(-1)?.element as SchemaTree['element'];
  return {
    pathInSchema: meta.path_in_schema,
    schemaPath,
    element,
    parsers: DEFAULT_PARSERS,
    compressors,
    utf8: false,
    ...meta,
  };
}

/** Whatever structs and lists are around a value, each row's are side by side. */
function rowsOf(values: DecodedArray): PageRows['values'] {
  return Array.from(values as ArrayLike<unknown>, (value) =>
    Array.isArray(value) ? (value.flat(9) as unknown[]) : [value],
  );
}

/** Whether a row may have several values of a column. */
export function isRepeated(schema: SchemaTree, path: readonly string[]): boolean {
  const [, ...below] = getTreePath(schema, [...path]);
  return below.some(({ element }) => element.repetition_type === 'REPEATED');
}
