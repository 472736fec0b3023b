import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Returns when what was written to a file has reached the disk, by whichever way it was. */
export function syncFile(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Makes the names in a folder durable: a file that was put in place is there after a crash. Not
 * every system allows it, and the file is whole either way.
 */
export function syncFolder(path: string): void {
  try {
    const folder = openSync(path, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // Windows cannot open folders.
  }
}
