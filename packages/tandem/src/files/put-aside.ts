import { existsSync, renameSync } from 'node:fs';

/** Puts a damaged file aside as it is, under the next free `<path>.damaged`. */
export function putAside(path: string): void {
  let aside = `${path}.damaged`;
  for (let n = 2; existsSync(aside); n++) aside = `${path}.damaged-${n}`;
  renameSync(path, aside);
}
