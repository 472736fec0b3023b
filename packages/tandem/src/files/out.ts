import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { beside } from './beside.js';
import { refuseExisting } from './existing.js';
import { named, reasonOf } from './system-error.js';

/**
 * Says before any work that a result could not be written.
 * @throws UserError where there is something of this name, or nothing can be written there
 */
export function checkOut(out: string): void {
  refuseExisting(out);
  checkWritable(out);
}

/** @throws UserError where nothing can be written there */
export function checkWritable(out: string): void {
  try {
    tryWriting(out);
  } catch (error) {
    throw new UserError(`${out} cannot be written: ${reasonOf(error)}`);
  }
}

/**
 * Writes an empty file, and takes it away again, in the nearest folder of a path that is there:
 * what the system answers is the true reason, which rights and owners alone do not tell.
 * @throws what the system answers, with that folder's name
 */
export function tryWriting(path: string): void {
  let folder = resolve(path);
  while (!existsSync(folder)) folder = dirname(folder);
  const trial = beside(join(folder, 'trial'));
  try {
    closeSync(openSync(trial, 'w'));
  } catch (error) {
    // The folder is there: what is not is a way to make files in it, as in /proc.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new UserError(`no file can be made in ${folder}`);
    throw named(error, folder);
  }
  rmSync(trial, { force: true });
}
