import { existsSync, linkSync, renameSync } from 'node:fs';
import { UserError } from '../errors.js';

/** Results are never overwritten. */
export function alreadyThere(path: string): UserError {
  return new UserError(`${path} exists already and is never overwritten; give another --out`);
}

/** @throws UserError where there is something of this name */
export function refuseExisting(path: string): void {
  if (existsSync(path)) throw alreadyThere(path);
}

/**
 * Gives a finished file its name, but never that of one that came meanwhile.
 * @throws UserError where there is one; an error of the system where it cannot be moved
 */
export function moveUnlessThere(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    refuseExisting(to);
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    renameSync(from, to); // the file system has no hard links
  }
}
