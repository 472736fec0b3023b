import { stat } from 'node:fs/promises';
import type { ProgressOptions } from '../options.js';
import { archiveName, openTars } from './archive.js';
import { openFolder } from './folder.js';
import { sniff } from './gzip.js';
import type { Source } from './source.js';
import { isPattern, shardsOf } from './webdataset.js';
import { openZip } from './zip.js';

/**
 * The images at a path: of a folder, a tar (gzipped or not) or a zip, as their first bytes tell, or
 * of WebDataset's shards, `name-{000..099}.tar`.
 *
 * @throws UserError where it cannot be read, or is damaged
 */
export async function openSource(where: string, { onProgress, signal }: ProgressOptions): Promise<Source> {
  const onFound = (files: number) => onProgress?.(files, undefined, 'finding');
  if (isPattern(where)) {
    const source = await openTars(where, await shardsOf(where), onFound, signal);
    return { ...source, name: archiveName(where).replace(/[-_.]?\{.*\}/g, '') || 'shards' };
  }
  if ((await stat(where)).isDirectory()) return openFolder(where, { onFound, signal });
  return (await sniff(where)) === 'zip' ? openZip(where, onFound, signal) : openTars(where, [where], onFound, signal);
}
