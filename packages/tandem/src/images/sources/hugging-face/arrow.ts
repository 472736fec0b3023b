import { open } from 'node:fs/promises';
import type { RecordBatch, RecordBatchReader, Schema, Vector } from 'apache-arrow';
import { UserError } from '../../../errors.js';
import { unreadable } from '../../../files/system-error.js';
import type { ColumnOptions } from '../../options.js';
import { columnsOf, type Row } from '../lists/columns.js';
import { chooseImages } from './choose.js';
import { featuresIn } from './features.js';
import type { Cell, RowFacts, TableFile } from './table.js';

/**
 * An Arrow file with images in it, as `save_to_disk` of Hugging Face's `datasets` leaves them: a
 * stream or a file of record batches, which are read one at a time.
 *
 * @throws UserError where it is damaged, or has no column of images
 */
export async function openArrow(path: string, asked: ColumnOptions): Promise<TableFile> {
  const schema = await reading(path, async (reader) => reader.schema);
  const features = featuresIn(infoOf(schema).features);
  const names = schema.fields.map(({ name }) => name);
  const withBytes = schema.fields.filter(({ type }) => /Binary/.test(String(type))).map(({ name }) => name);
  const image = chooseImages(path, withBytes, features.images, asked.imageColumn, names);
  if (image === undefined) throw new UserError(`${path}: none of its columns (${names.join(', ')}) holds images`);
  const label = asked.labelColumn ?? names.find((name) => features.classNames.has(name));
  const columns = columnsOf(
    path,
    names,
    [],
    { ...asked, imageColumn: image, labelColumn: label },
    (_: readonly Row[], name) => name === image,
  );
  return {
    path,
    columns: { image, label: columns.label, split: columns.split },
    others: withBytes.filter((name) => name !== image),
    classNames: columns.label === undefined ? undefined : features.classNames.get(columns.label),
    facts: (signal) => factsOf(path, image, columns, signal),
    cells: (rows, signal) => cellsOf(path, image, rows, signal),
  };
}

/** The library of Arrow's project, which is large and so asked for where it is needed. */
async function arrow(): Promise<typeof import('apache-arrow')> {
  return import('apache-arrow').catch((error) => {
    throw new UserError('Arrow files are read with apache-arrow, which is not installed: npm install apache-arrow', {
      cause: error,
    });
  });
}

function infoOf(schema: Schema): { readonly features?: unknown } {
  try {
    return JSON.parse(schema.metadata.get('huggingface') ?? '{}').info ?? {};
  } catch {
    return {};
  }
}

/** Does what a file is opened for; what the reader throws becomes one line. */
async function reading<T>(path: string, work: (reader: RecordBatchReader) => Promise<T>): Promise<T> {
  const { RecordBatchReader: Reader } = await arrow();
  const handle = await open(path).catch((error) => {
    throw unreadable(path, error);
  });
  try {
    const reader = await Reader.from(handle);
    await reader.open({ autoDestroy: false });
    return await work(reader as unknown as RecordBatchReader);
  } catch (error) {
    if (error instanceof UserError || (error as Error).name === 'AbortError') throw error;
    throw new UserError(`${path}: damaged, or no Arrow file (${(error as Error).message}). Fetch the file again`, {
      cause: error,
    });
  } finally {
    await handle.close().catch(() => undefined);
  }
}

/** The record batches of a file, each with the number of its first row. */
async function* batchesOf(path: string, signal?: AbortSignal): AsyncGenerator<{ batch: RecordBatch; first: number }> {
  const { RecordBatchReader: Reader } = await arrow();
  const handle = await open(path);
  try {
    const reader = await Reader.from(handle);
    let first = 0;
    for await (const batch of reader) {
      signal?.throwIfAborted();
      yield { batch, first };
      first += batch.numRows;
    }
  } catch (error) {
    if ((error as Error).name === 'AbortError' || error instanceof UserError) throw error;
    throw new UserError(`${path}: damaged, or cut short (${(error as Error).message}). Fetch the file again`, {
      cause: error,
    });
  } finally {
    await handle.close().catch(() => undefined);
  }
}

async function* factsOf(
  path: string,
  image: string,
  { label, split }: { readonly label?: string | undefined; readonly split?: string | undefined },
  signal?: AbortSignal,
): AsyncGenerator<RowFacts> {
  for await (const { batch } of batchesOf(path, signal)) {
    const of = (name: string | undefined): Vector | null => (name === undefined ? null : batch.getChild(name));
    const [images, labels, splits] = [of(image), of(label), of(split)];
    for (let i = 0; i < batch.numRows; i++) {
      const cells = cellsIn(images, i).filter(({ bytes, path: outside }) => bytes || outside);
      const [first] = cells;
      yield {
        images: cells.length,
        label: labels?.get(i),
        split: splits?.get(i),
        outside: first && !first.bytes ? first.path : undefined,
      };
    }
  }
}

async function* cellsOf(
  path: string,
  image: string,
  wanted: ReadonlySet<number>,
  signal?: AbortSignal,
): AsyncGenerator<{ row: number; cells: readonly Cell[] }> {
  for await (const { batch, first } of batchesOf(path, signal)) {
    const images = batch.getChild(image);
    for (let i = 0; i < batch.numRows; i++) {
      if (wanted.has(first + i)) yield { row: first + i, cells: cellsIn(images, i) };
    }
  }
}

/** The images of a row: bytes, a struct of bytes and path, or a list of either. */
function cellsIn(vector: Vector | null, i: number): readonly Cell[] {
  const value: unknown = vector?.get(i);
  if (value === null || value === undefined) return [];
  if (value instanceof Uint8Array) return [{ bytes: value }];
  const { bytes, path } = value as { bytes?: unknown; path?: unknown };
  if (bytes instanceof Uint8Array) return [{ bytes }];
  if (typeof path === 'string') return [{ path }];
  return isIterable(value) ? Array.from(value).flatMap((one) => cellOf(one)) : [];
}

function cellOf(value: unknown): Cell[] {
  if (value instanceof Uint8Array) return [{ bytes: value }];
  const { bytes, path } = (value ?? {}) as { bytes?: unknown; path?: unknown };
  return bytes instanceof Uint8Array ? [{ bytes }] : typeof path === 'string' ? [{ path }] : [];
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
