import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { UserError } from '../../errors.js';

/** Writes a file beside, syncs it, and puts it in place: whole, or the one before stays. */
export function writeWhole(path: string, text: string): void {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    const file = openSync(beside, 'w');
    try {
      writeAll(file, Buffer.from(text));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/**
 * Appends to the first `at` bytes of a file and syncs. What stands after them is the rest of an
 * attempt that failed, and goes. Where this attempt fails too, what remains of it is cut off, now
 * or at the next one.
 * @returns the file's bytes
 */
export function appendWhole(path: string, text: string, at: number): number {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT);
  try {
    const kept = Math.min(at, fstatSync(file).size);
    const bytes = Buffer.from(text);
    ftruncateSync(file, kept);
    try {
      writeAll(file, bytes, kept);
      fsyncSync(file);
    } catch (error) {
      cutQuietly(file, kept);
      throw error;
    }
    return kept + bytes.length;
  } finally {
    closeSync(file);
  }
}

function writeAll(file: number, bytes: Uint8Array, at = 0): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, at + done);
}

function cutQuietly(file: number, size: number): void {
  try {
    ftruncateSync(file, size);
  } catch {
    // The next attempt does it.
  }
}

/** Settings are short: what is longer is not read. */
const mostJson = 2 ** 20;

/**
 * An object from a file of JSON, of a megabyte at most. Of a pipe or device no more than that is
 * read either.
 * @throws UserError saying what is wrong, without the file's name; an error of the system as it is
 */
export function readJson(path: string): Record<string, unknown> {
  const text = readStart(path, mostJson + 1);
  if (text.length > mostJson) throw new UserError('it is larger than 1 MiB');
  let value: unknown;
  try {
    value = JSON.parse(text.toString('utf8'));
  } catch {
    throw new UserError('it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError('it must be a JSON object, {"setting": value, ...}');
  }
  return value as Record<string, unknown>;
}

function readStart(path: string, most: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(most);
    let done = 0;
    for (let n = 1; n > 0 && done < most; done += n) n = readSync(file, bytes, done, most - done, null);
    return bytes.subarray(0, done);
  } finally {
    closeSync(file);
  }
}

/** Whether an error came from the system's files. */
export function isOfTheDisk(error: unknown): error is NodeJS.ErrnoException {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && typeof syscall === 'string';
}

/** SHA-256 of the contents of files, one after another. */
export function digest(files: readonly string[]): string {
  const sum = createHash('sha256');
  for (const file of files) sum.update(readFileSync(file));
  return sum.digest('hex');
}
