import { basename, dirname, relative, sep } from 'node:path';
import { type Source, sourceOf } from './source.js';

/**
 * Image files by their paths, each called by its path below the folder that holds all of them.
 *
 * @param where what stands for all of them, for messages
 */
export function openFiles(where: string, files: readonly string[]): Source {
  const root = commonFolder(files);
  const byName = new Map(files.map((file) => [relative(root, file).split(sep).join('/'), file]));
  const onDisk = (path: string) => byName.get(path) ?? path;
  return {
    ...sourceOf(files.length === 1 ? basename(files[0] as string).replace(/\.[^.]*$/, '') : basename(root), where, [
      ...byName.keys(),
    ]),
    faults: [],
    origins: (paths) => paths.map(onDisk),
    async *contents(paths) {
      for (const [index, path] of paths.entries()) yield { index, input: onDisk(path) };
    },
  };
}

/** The innermost folder that holds all files. */
export function commonFolder(files: readonly string[]): string {
  const [first = '', ...others] = files.map((file) => dirname(file).split(sep));
  let common = [...first];
  for (const parts of others) {
    const end = common.findIndex((part, i) => parts[i] !== part);
    if (end >= 0) common = common.slice(0, end);
  }
  return common.join(sep) || (files[0]?.startsWith(sep) ? sep : '.');
}
