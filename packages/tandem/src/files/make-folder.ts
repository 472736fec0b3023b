import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Not by Node's `recursive`, which never returns where a folder cannot be made although its parent
 * exists, as in /proc.
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}
