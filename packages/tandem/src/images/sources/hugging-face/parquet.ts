import { type FileHandle, open } from 'node:fs/promises';
import { type FileMetaData, parquetMetadataAsync, parquetReadObjects, parquetSchema, type SchemaTree } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { UserError } from '../../../errors.js';
import { unreadable } from '../../../files/system-error.js';
import type { ColumnOptions } from '../../options.js';
import { columnsOf, hasImages, type Row } from '../lists/columns.js';
import { chooseImages } from './choose.js';
import { type Features, featuresIn } from './features.js';
import { bufferOf, isRepeated, pagesOf } from './pages.js';
import type { Cell, RowFacts, TableColumns, TableFile } from './table.js';

/**
 * A Parquet file with images in it: a column of bytes, or of structs of bytes and path as Hugging
 * Face's `datasets` writes them, or lists of either; or a column of paths or URLs.
 *
 * @throws UserError where it is damaged, or has no such column
 */
export async function openParquet(path: string, asked: ColumnOptions): Promise<TableFile> {
  return reading(path, async (handle, size) => {
    const file = bufferOf(handle, size);
    const metadata = await parquetMetadataAsync(file);
    const schema = parquetSchema(metadata);
    const features = featuresOf(metadata);
    const sample = () => sampleOf(path, metadata, schema);
    const columns = await columnsIn(path, schema, features, asked, sample);
    const opened = { path, metadata, schema, columns };
    return {
      path,
      columns,
      others: namesOf(schema.children.filter((child) => bytesLeaf(child))).filter((name) => name !== columns.image),
      classNames: columns.label === undefined ? undefined : features.classNames.get(columns.label),
      facts: (signal) => factsOf(opened, signal),
      cells: (rows, signal) => cellsOf(opened, rows, signal),
    };
  });
}

interface OpenedParquet {
  readonly path: string;
  readonly metadata: FileMetaData;
  readonly schema: SchemaTree;
  readonly columns: TableColumns;
}

/** Does what a file is opened for; what the reader throws becomes one line. */
async function reading<T>(path: string, work: (handle: FileHandle, size: number) => Promise<T>): Promise<T> {
  const handle = await open(path).catch((error) => {
    throw unreadable(path, error);
  });
  try {
    return await work(handle, (await handle.stat()).size);
  } catch (error) {
    throw faultOf(path, error);
  } finally {
    await handle.close();
  }
}

function faultOf(path: string, error: unknown): unknown {
  if (error instanceof UserError || (error as Error).name === 'AbortError') return error;
  return new UserError(`${path}: damaged, or no Parquet file (${(error as Error).message}). Fetch the file again`, {
    cause: error,
  });
}

function featuresOf({ key_value_metadata }: FileMetaData): Features {
  const text = key_value_metadata?.find(({ key }) => key === 'huggingface')?.value;
  try {
    return featuresIn(JSON.parse(text ?? '{}').info?.features);
  } catch {
    return featuresIn(undefined);
  }
}

/** The first rows, without columns of bytes. */
async function sampleOf(path: string, metadata: FileMetaData, schema: SchemaTree): Promise<Row[]> {
  const columns = schema.children.filter((child) => !bytesLeaf(child)).map(({ element }) => element.name);
  const rowEnd = Math.min(100, Number(metadata.num_rows));
  return reading(path, (handle, size) =>
    parquetReadObjects({ file: bufferOf(handle, size), metadata, compressors, columns, rowStart: 0, rowEnd }),
  );
}

async function columnsIn(
  path: string,
  schema: SchemaTree,
  features: Features,
  asked: ColumnOptions,
  sample: () => Promise<Row[]>,
): Promise<TableColumns> {
  const withBytes = namesOf(schema.children.filter((child) => bytesLeaf(child)));
  const names = namesOf(schema.children);
  const image = chooseImages(path, withBytes, features.images, asked.imageColumn, names);
  const rows = image === undefined ? await sample() : [];
  const label = asked.labelColumn ?? names.find((name) => features.classNames.has(name));
  const others = names.filter((name) => name !== image);
  const usable = image === undefined ? hasImages : (_: readonly Row[], name: string) => name === image;
  const found = columnsOf(
    path,
    image === undefined ? names : [image, ...others],
    rows,
    { ...asked, imageColumn: image ?? asked.imageColumn, labelColumn: label },
    usable,
  );
  return { image: found.path, label: found.label, split: found.split };
}

function namesOf(nodes: readonly SchemaTree[]): string[] {
  return nodes.map(({ element }) => element.name);
}

/** The path of the bytes in a column: itself, `bytes` of a struct, or those in a list. */
function bytesLeaf(node: SchemaTree): readonly string[] | undefined {
  const { element, children, path } = node;
  if (children.length === 0) {
    const isBytes =
      element.type === 'BYTE_ARRAY' && element.logical_type === undefined && element.converted_type === undefined;
    return isBytes ? path : undefined;
  }
  const inner =
    children.find((child) => child.element.name === 'bytes') ?? (children.length === 1 ? children[0] : undefined);
  return inner && bytesLeaf(inner);
}

/** The path of `path` in a struct of bytes and path. */
function pathLeaf(node: SchemaTree): readonly string[] | undefined {
  const own = node.children.find(({ element, children }) => element.name === 'path' && children.length === 0);
  if (own) return own.path;
  return node.children.length === 1 ? pathLeaf(node.children[0] as SchemaTree) : undefined;
}

async function* factsOf(
  { path, metadata, schema, columns }: OpenedParquet,
  signal?: AbortSignal,
): AsyncGenerator<RowFacts> {
  const node = schema.children.find(({ element }) => element.name === columns.image) as SchemaTree;
  const bytes = bytesLeaf(node);
  const wanted = [columns.label, columns.split, bytes ? undefined : columns.image].filter((name) => name !== undefined);
  let rowStart = 0;
  for (const [group, { num_rows }] of metadata.row_groups.entries()) {
    signal?.throwIfAborted();
    const rowEnd = rowStart + Number(num_rows);
    const part = await reading(path, async (handle, size) => {
      const file = bufferOf(handle, size);
      const rows = await parquetReadObjects({ file, metadata, compressors, columns: wanted, rowStart, rowEnd });
      const cells = bytes ? await heldIn({ file, metadata, schema, node, group, bytes }) : undefined;
      return { rows, cells };
    });
    for (let i = 0; i < rowEnd - rowStart; i++) {
      const row = part.rows[i] ?? {};
      const of = (name: string | undefined) => (name === undefined ? undefined : row[name]);
      const text = bytes ? undefined : of(columns.image);
      const cell = part.cells
        ? part.cells(i)
        : {
            images: typeof text === 'string' && text !== '' ? 1 : 0,
            outside: typeof text === 'string' ? text : undefined,
          };
      yield { ...cell, label: of(columns.label), split: of(columns.split) };
    }
    rowStart = rowEnd;
  }
}

interface Held {
  readonly file: ReturnType<typeof bufferOf>;
  readonly metadata: FileMetaData;
  readonly schema: SchemaTree;
  readonly node: SchemaTree;
  readonly group: number;
  readonly bytes: readonly string[];
}

/** How many images each row of a group has, and where those are that have no bytes. */
async function heldIn(held: Held): Promise<(i: number) => Pick<RowFacts, 'images' | 'outside'>> {
  const { metadata, group, bytes, node } = held;
  const column = metadata.row_groups[group]?.columns.find(
    ({ meta_data }) => meta_data?.path_in_schema.join() === bytes.join(),
  )?.meta_data;
  const isList = isRepeated(held.schema, bytes);
  const nulls = Number(column?.statistics?.null_count ?? 0);
  if (nulls === 0 && !isList) return () => ({ images: 1 });
  const names = pathLeaf(node);
  if (isList) {
    const counts = await valuesOf(held, names ?? bytes, (list) => list.length);
    return (i) => ({ images: counts[i] ?? 0 });
  }
  const texts = names ? await valuesOf(held, names, ([text]) => text) : [];
  const isAll = nulls === Number(metadata.row_groups[group]?.num_rows);
  const isThere = ([value]: readonly unknown[]) => value !== null && value !== undefined;
  const there = isAll ? [] : await valuesOf(held, bytes, isThere);
  return (i) => {
    if (there[i]) return { images: 1 };
    const text = texts[i];
    const outside = text === undefined || text === null ? undefined : textIn(text);
    return { images: outside === undefined ? 0 : 1, outside };
  };
}

function textIn(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value);
}

/** What is kept of each row's values: images are not held all at once. */
async function valuesOf<T>(
  { file, metadata, schema, group }: Held,
  path: readonly string[],
  keep: (row: readonly unknown[]) => T,
): Promise<T[]> {
  const kept: T[] = [];
  for await (const page of pagesOf(file, metadata, schema, { group, path }, () => true)) {
    for (const row of page.values) kept.push(keep(row));
  }
  return kept;
}

async function* cellsOf(
  { path, metadata, schema, columns }: OpenedParquet,
  wanted: ReadonlySet<number>,
  signal?: AbortSignal,
): AsyncGenerator<{ row: number; cells: readonly Cell[] }> {
  const node = schema.children.find(({ element }) => element.name === columns.image) as SchemaTree;
  const leaf = bytesLeaf(node) as readonly string[];
  const handle = await open(path);
  try {
    const file = bufferOf(handle, (await handle.stat()).size);
    let start = 0;
    for (const [group, { num_rows }] of metadata.row_groups.entries()) {
      const first = start;
      const wants = (from: number, to: number) => {
        for (let row = from; row < to; row++) if (wanted.has(first + row)) return true;
        return false;
      };
      if (wants(0, Number(num_rows))) {
        for await (const { from, values } of pagesOf(file, metadata, schema, { group, path: leaf }, wants)) {
          signal?.throwIfAborted();
          for (let i = 0; i < values.length; i++) {
            if (wanted.has(first + from + i)) yield { row: first + from + i, cells: cellsIn(values[i] ?? []) };
          }
        }
      }
      start += Number(num_rows);
    }
  } catch (error) {
    throw faultOf(path, error);
  } finally {
    await handle.close();
  }
}

function cellsIn(values: readonly unknown[]): readonly Cell[] {
  return values.map((one) => ({ bytes: one instanceof Uint8Array ? one : undefined }));
}
