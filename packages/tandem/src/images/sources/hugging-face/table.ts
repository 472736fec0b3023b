import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UserError } from '../../../errors.js';
import type { ColumnOptions } from '../../options.js';
import { contentsOfRefs, isRemote } from '../contents.js';
import { columnsNote } from '../lists/columns.js';

import type { Content, Said, Source } from '../source.js';
import { labelName, splitOfFile } from './features.js';

/** One image of a row: its bytes, where it lies instead, or nothing. */
export interface Cell {
  readonly bytes?: Uint8Array | undefined;
  readonly path?: string | undefined;
}

/** The columns of a file that are used. */
export interface TableColumns {
  readonly image: string;
  readonly label?: string | undefined;
  readonly split?: string | undefined;
}

/** What is known of a row before its image is read. */
export interface RowFacts {
  /** How many images it has, or whether it has one. */
  readonly images: number;
  readonly label: unknown;
  readonly split: unknown;
  /** The path of its image, where there are no bytes. */
  readonly outside?: string | undefined;
}

/** A file of rows with images in them. */
export interface TableFile {
  /** On disk. */
  readonly path: string;
  readonly columns: TableColumns;
  /** Other columns of images. */
  readonly others: readonly string[];
  /** The names of the classes, where the label column holds numbers of them. */
  readonly classNames?: readonly string[] | undefined;
  /** All rows, in order, without the bytes of images. */
  facts(signal?: AbortSignal): AsyncIterable<RowFacts>;
  /** The images of some rows, in order of the rows. */
  cells(rows: ReadonlySet<number>, signal?: AbortSignal): AsyncIterable<{ row: number; cells: readonly Cell[] }>;
}

/** Where the image of a path is. */
interface Place {
  readonly file: TableFile;
  readonly row: number;
  /** Which of the row's images. */
  readonly nth: number;
  readonly said: Said;
  readonly outside?: string | undefined;
}

/**
 * The images of files of rows. Image `17` of `train-00000-of-00002.parquet` is called
 * `train-00000-of-00002/000017`; of several in a row the first is `000017/0`.
 *
 * @param names what each file is called, below the folder that was opened
 */
export async function openTables(
  where: string,
  name: string,
  files: readonly TableFile[],
  names: readonly string[],
  asked: ColumnOptions,
  onFound?: (images: number) => void,
  signal?: AbortSignal,
): Promise<Source> {
  const places = new Map<string, Place>();
  let empty = 0;
  for (const [i, file] of files.entries()) {
    const shard = (names[i] as string).replace(/\.[^./]*$/, '');
    const ofFile = splitOfFile(names[i] as string);
    const kept = new Map<string, Said>();
    let row = 0;
    for await (const { images, label, split, outside } of file.facts(signal)) {
      const said = saidOnce(kept, labelName(label, file.classNames), labelName(split, undefined) ?? ofFile);
      const number = String(row).padStart(6, '0');
      if (images === 0) empty++;
      for (let nth = 0; nth < images; nth++) {
        const path = `${shard}/${number}${images > 1 ? `/${nth}` : ''}`;
        places.set(path, { file, row, nth, said, outside: outside && seenFrom(file.path, outside) });
      }
      row++;
    }
    onFound?.(places.size);
  }
  if (places.size === 0) throw new UserError(`${where}: no images: each of the ${empty} rows is without one`);
  const outside = [...places.values()].flatMap((place) => place.outside ?? []);
  const [first] = files;
  await checkOutside(where, outside, places.size);
  return {
    name,
    where,
    paths: [...places.keys()].sort(),
    said: (path) => places.get(path)?.said,
    faults: [],
    notes: [
      ...(first
        ? columnsNote({ path: first.columns.image, label: first.columns.label, split: first.columns.split }, asked)
        : []),
      ...(first && first.others.length > 0 ? [`other columns of images: ${first.others.join(', ')}`] : []),
      ...(empty > 0 ? [`${empty} rows without an image are left out`] : []),
      ...(outside.length > 0 ? [outsideNote(outside)] : []),
    ],
    others: [],
    origins: (paths) => [
      ...new Set(paths.flatMap((path) => places.get(path)?.file.path ?? [])),
      ...paths.flatMap((path) => places.get(path)?.outside ?? []),
    ],
    contents: (paths, contentsSignal) => contentsIn(places, paths, contentsSignal),
  };
}

function seenFrom(file: string, path: string): string {
  return isRemote(path) ? path : resolve(dirname(file), path);
}

/** Millions of rows have few classes: each is kept once. */
function saidOnce(kept: Map<string, Said>, label: string | undefined, split: string | undefined): Said {
  const key = `${label}\0${split}`;
  const one = kept.get(key) ?? { folders: [], label, split };
  kept.set(key, one);
  return one;
}

function outsideNote(paths: readonly string[]): string {
  return `${paths.length} rows hold the path or URL of an image and no bytes, such as ${paths[0]}: they are read from there`;
}

/** `to_parquet` of a folder's images may write their paths alone, which lead nowhere elsewhere. */
async function checkOutside(where: string, outside: readonly string[], total: number): Promise<void> {
  const [first] = outside;
  if (first === undefined || outside.length < total || isRemote(first)) return;
  const isThere = await access(first).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  throw new UserError(
    `${where}: its rows hold the paths of images and no images, such as ${first}, which is not here. Write it again with the images in it: data.with_format('arrow').map(datasets.table.embed_table_storage, batched=True) before to_parquet, or push_to_hub`,
  );
}

/** Bytes file by file; what lies outside last. */
async function* contentsIn(
  places: ReadonlyMap<string, Place>,
  paths: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Content> {
  const wanted = new Map<TableFile, Map<number, { index: number; nth: number }[]>>();
  const outside: { index: number; path: string }[] = [];
  for (const [index, path] of paths.entries()) {
    const place = places.get(path);
    if (!place) continue;
    if (place.outside !== undefined) {
      outside.push({ index, path: place.outside });
      continue;
    }
    const rows = wanted.get(place.file) ?? new Map();
    wanted.set(place.file, rows);
    rows.set(place.row, [...(rows.get(place.row) ?? []), { index, nth: place.nth }]);
  }
  for (const [file, rows] of wanted) {
    for await (const { row, cells } of file.cells(new Set(rows.keys()), signal)) {
      for (const { index, nth } of rows.get(row) ?? []) {
        const bytes = cells[nth]?.bytes;
        yield bytes ? { index, input: bytes } : { index, reason: 'no bytes in its row' };
      }
    }
  }
  for await (const content of contentsOfRefs(
    outside.map(({ path }) => path),
    signal,
  )) {
    yield { ...content, index: outside[content.index]?.index as number };
  }
}
