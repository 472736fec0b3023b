import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { beside, clearAbandoned } from './beside.js';
import { moveUnlessThere, refuseExisting } from './existing.js';
import { dropTornLine } from './json.js';
import { syncFolder } from './sync.js';
import { named } from './system-error.js';

// A file stands under its final name only when it is whole and has reached the disk. All errors of
// the disk name the final path.

/** Writes a file beside, syncs it, and puts it in place: whole, or the one before stays. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  putInPlace([[path, content]], renameSync);
}

/**
 * Writes new files, all of them or none, and never over one that is there.
 * @throws UserError where one is
 */
export function writeNew(...files: readonly (readonly [path: string, content: string | Uint8Array])[]): void {
  for (const [path] of files) refuseExisting(path);
  putInPlace(files, moveUnlessThere);
}

function putInPlace(
  files: readonly (readonly [path: string, content: string | Uint8Array])[],
  move: (from: string, to: string) => void,
): void {
  const placed: string[] = [];
  let at = '';
  try {
    for (const [path, content] of files) {
      at = path;
      clearAbandoned(path);
      writeSynced(beside(path), content);
    }
    for (const [path] of files) {
      at = path;
      move(beside(path), path);
      placed.push(path);
    }
  } catch (error) {
    for (const path of placed) rmSync(path, { force: true }); // none of them was there before
    throw named(error, at);
  } finally {
    for (const [path] of files) rmSync(beside(path), { force: true });
  }
  for (const folder of new Set(files.map(([path]) => dirname(path)))) syncFolder(folder);
}

/** Writes a file that nobody looks at yet; it has reached the disk when this returns. */
export function writeSynced(path: string, content: string | Uint8Array): void {
  const file = openSync(path, 'w');
  try {
    writeAll(file, typeof content === 'string' ? Buffer.from(content) : content);
    fsyncSync(file);
  } catch (error) {
    throw named(error, path);
  } finally {
    closeSync(file);
  }
}

/**
 * Adds to the end of a file that several processes may add to, and syncs. What a process that died
 * left of a last line goes first.
 */
export function appendLine(path: string, line: string): void {
  try {
    dropTornLine(path);
    const file = openSync(path, 'a');
    try {
      writeAll(file, Buffer.from(`${line}\n`), null);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw named(error, path);
  }
}

/**
 * Appends to the first `at` bytes of a file and syncs. What stands after them is the rest of an
 * attempt that failed, and goes. Where this attempt fails too, what remains of it is cut off, now
 * or at the next one.
 * @returns the file's bytes
 */
export function appendWhole(path: string, content: string | Uint8Array, at: number): number {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT);
  try {
    const kept = Math.min(at, fstatSync(file).size);
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    ftruncateSync(file, kept);
    try {
      writeAll(file, bytes, kept);
      fsyncSync(file);
    } catch (error) {
      cutQuietly(file, kept);
      throw named(error, path);
    }
    return kept + bytes.length;
  } finally {
    closeSync(file);
  }
}

/** @param at where in the file; null at the end of one that is opened for appending */
function writeAll(file: number, bytes: Uint8Array, at: number | null = 0): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, at === null ? null : at + done);
  }
}

function cutQuietly(file: number, size: number): void {
  try {
    ftruncateSync(file, size);
  } catch {
    // The next attempt does it.
  }
}
