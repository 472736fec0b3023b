import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { didYouMean, UserError } from '../errors.js';
import { openCollection } from './collection/collection.js';
import { KNOWN } from './datasets/registry.js';
import { checkOptions, type OpenOptions } from './options.js';
import type { DataSet } from './set/image-set.js';
import { archiveName } from './sources/archive.js';
import { isImage } from './sources/formats.js';
import { openPlace } from './sources/open-source.js';
import { isPattern } from './sources/webdataset.js';

/** The data sets known by name. */
export const DATA_SETS: readonly string[] = Object.keys(KNOWN);

/**
 * Opens images: a data set known by name, or the path of a folder, a `.tar`, `.tar.gz`, `.tgz` or
 * `.zip`, or of WebDataset's shards (`name-{000..099}.tar`). A name wins over a folder of the same
 * name, which is then `./name`.
 *
 * @throws UserError where there is nothing of that name, no image, or something damaged
 */
export async function openImages(where: string, options: OpenOptions = {}): Promise<DataSet> {
  checkOptions(options);
  options.signal?.throwIfAborted();
  const known = Object.hasOwn(KNOWN, where) ? KNOWN[where] : undefined;
  if (known) return known(options);

  const kind = await stat(where).catch(() => undefined);
  if (!kind && !isPattern(where)) throw await missing(where);
  if (kind?.isFile() && isImage(where)) {
    throw new UserError(`${where}: a single image; give the folder that holds it (${dirname(where)})`);
  }
  const { onProgress, signal } = options;
  const source = await openPlace(where, (files) => onProgress?.(files, undefined, 'finding'), signal);
  return openCollection(source, options);
}

async function missing(where: string): Promise<UserError> {
  const beside = await readdir(dirname(where)).catch(() => undefined);
  const isPath = /[/\\]/.test(where) || archiveName(where) !== basename(where) || extname(where) !== '';
  if (isPath) {
    const near = beside ? didYouMean(basename(where), beside) : ` There is no ${dirname(where)} either.`;
    return new UserError(`${where}: no such folder or archive.${near}`);
  }
  const hint = didYouMean(where, [...DATA_SETS, ...(beside ?? []).filter((name) => !name.startsWith('.'))]);
  return new UserError(
    `${where}: neither a data set (${DATA_SETS.join(', ')}) nor a folder, .tar or .zip here.${hint}`,
  );
}
