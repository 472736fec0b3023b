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

/** Whether an error came from the system's files. */
export function isOfTheDisk(error: unknown): error is NodeJS.ErrnoException {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && typeof syscall === 'string';
}
