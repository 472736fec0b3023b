import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { firstFile, type Located, type Whereabouts } from '../locate.js';
import { readIdxLabels } from './idx.js';
import { fashionMnistFiles, type MnistLike, mnistFiles, parts } from './sets.js';

/** The paths of the four files. */
export type MnistFiles = Record<keyof typeof parts, string>;

/** Where the files of a set are looked for, and fetched from. */
export function whereaboutsOf(set: MnistLike): Whereabouts<MnistFiles> {
  return {
    name: set.name,
    folders: set.folders,
    expected: `${Object.values(parts).join(', ')} (each with or without .gz)`,
    origin: set.origin,
    downloads: Object.entries(parts).map(([part, name]) => ({
      file: `${name}.gz`,
      urls: set.urls.map((url) => `${url}${name}.gz`),
      md5: set.md5[part as keyof typeof parts],
      mostBytes: 2 ** 26,
    })),
    locateIn: (folder) => locateIn(set, folder),
  };
}

async function locateIn(set: MnistLike, folder: string): Promise<Located<MnistFiles>> {
  const found: Partial<Record<keyof MnistFiles, string>> = {};
  const missing: string[] = [];
  for (const [part, name] of Object.entries(parts) as [keyof MnistFiles, string][]) {
    const dotted = name.replace('-idx', '.idx');
    const file = await firstFile(
      [name, `${name}.gz`, dotted, `${dotted}.gz`].map((spelling) => join(folder, spelling)),
    );
    if (file === undefined) missing.push(name);
    else found[part] = file;
  }
  if (missing.length === Object.keys(parts).length) return undefined;
  if (missing.length > 0) return { problem: `lacks ${missing.join(', ')}` };
  const files = found as MnistFiles;
  const md5 = createHash('md5')
    .update(await readIdxLabels(files.trainLabels))
    .digest('hex');
  const other = [fashionMnistFiles, mnistFiles].find((candidate) => candidate !== set && candidate.labelsMd5 === md5);
  return other ? { problem: `holds ${other.name} under the same file names` } : { files };
}
