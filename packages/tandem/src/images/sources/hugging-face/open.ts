import { basename, relative, resolve, sep } from 'node:path';
import { refuseEndless } from '../../../files/regular.js';
import type { ColumnOptions, ProgressOptions } from '../../options.js';
import { commonFolder } from '../files.js';
import type { Source } from '../source.js';
import { openArrow } from './arrow.js';
import { openTables } from './table.js';

/** How tables are opened. */
interface TableOptions extends ProgressOptions {
  readonly columns?: ColumnOptions | undefined;
}

/** Which kind of table the ending of a name says; undefined for any other file. */
export function tableKind(path: string): 'parquet' | 'arrow' | undefined {
  const kind = /\.(parquet|arrow|feather)$/i.exec(path)?.[1]?.toLowerCase();
  return kind === 'feather' ? 'arrow' : (kind as 'parquet' | 'arrow' | undefined);
}

/**
 * The images of Parquet and Arrow files, as one set.
 *
 * @param where what stands for all of them, for messages
 * @throws UserError where one is damaged, or holds no images
 */
export async function openTableFiles(
  where: string,
  paths: readonly string[],
  { columns = {}, onProgress, signal }: TableOptions,
): Promise<Source> {
  const files = [];
  for (const path of paths) {
    refuseEndless(path);
    // Its decompressors take gigabytes of addresses as soon as they are loaded.
    const open = tableKind(path) === 'parquet' ? (await import('./parquet.js')).openParquet : openArrow;
    files.push(await open(path, columns));
  }
  const root = commonFolder(paths);
  const names = paths.map((path) => relative(root, path).split(sep).join('/'));
  const name = paths.length === 1 ? basename(where).replace(/\.[^.]*$/, '') : basename(resolve(root));
  const onFound = (images: number) => onProgress?.(images, undefined, 'finding');
  return openTables(where, name, files, names, columns, onFound, signal);
}
