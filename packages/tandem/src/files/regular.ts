import { readFileSync, statSync } from 'node:fs';
import { UserError } from '../errors.js';
import { named } from './system-error.js';

/**
 * What stands under a name and is no file that can be read to its end: opening a pipe waits for one
 * who writes, deaf to signals, and a device may never end. Undefined for a file, for a folder and
 * where there is nothing: reading says so itself.
 */
export function endless(path: string): 'a pipe' | 'a socket' | 'a device' | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found || found.isFile() || found.isDirectory()) return undefined;
  return found.isFIFO() ? 'a pipe' : found.isSocket() ? 'a socket' : 'a device';
}

/** @throws UserError where a pipe, socket or device stands in a file's place */
export function refuseEndless(path: string): void {
  const kind = endless(path);
  if (kind !== undefined) throw new UserError(`${path}: ${kind}, not a file; give a regular file`);
}

/**
 * The contents of a regular file.
 * @throws UserError as `refuseEndless`; an error of the system as it is
 */
export function readRegular(path: string): Buffer {
  refuseEndless(path);
  try {
    return readFileSync(path);
  } catch (error) {
    throw named(error, path); // of a folder the system gives no name
  }
}
