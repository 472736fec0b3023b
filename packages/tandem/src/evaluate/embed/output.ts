import { existsSync, renameSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { didYouMean, UsageError, UserError } from '../../errors.js';
import { moveUnlessThere, refuseExisting } from '../../files/existing.js';
import { lockFolder } from '../../files/lock-folder.js';
import { checkOut } from '../../files/out.js';
import { syncFile, syncFolder } from '../../files/sync.js';
import { reasonOf } from '../../files/system-error.js';
import { type Facts, type Format, writeNames } from './formats.js';
import type { Journal } from './journal.js';

/** What ends a message about a disk. */
export const resumable = 'the same command then resumes from what is computed';

/** A file of features in the making. */
export interface Output {
  readonly file: string;
  readonly write: Format;
  /** Where the names of the images go, for formats that cannot hold them. */
  readonly names: string | undefined;
  /** The folder of what is computed so far. */
  readonly partial: string;
}

/** @throws UserError where the file exists; UsageError for another ending */
export function outputFor(out: string, formats: Readonly<Record<string, Format>>): Output {
  const ending = extname(out);
  const write = formats[ending];
  const endings = Object.keys(formats);
  if (!write)
    throw new UsageError(`--out must end in ${endings.join(', ')}, got ${out}.${didYouMean(ending, endings)}`);
  const names = ending === '.npy' ? `${out.slice(0, -ending.length)}.files.txt` : undefined;
  const partial = `${out}.partial`;
  if (existsSync(out) && existsSync(partial)) {
    throw new UserError(`${out} exists already and is whole; ${partial} is left of making it and can be removed`);
  }
  checkOut(out);
  // Where a part is left, the names are of the last step that was cut short.
  if (names && !existsSync(partial)) refuseExisting(names);
  return { file: out, write, names, partial };
}

/** Puts the finished file in place, and takes the part away that it was made of. */
export async function writeOutput(
  journal: Journal,
  { file, names, partial, write }: Output,
  facts: Facts,
): Promise<void> {
  const beside = join(partial, 'result');
  const namesBeside = join(partial, 'names');
  try {
    if (names) writeNames(journal, namesBeside);
    await write(journal, beside, facts);
    for (const whole of names ? [namesBeside, beside] : [beside]) syncFile(whole);
    if (names) renameSync(namesBeside, names);
    moveUnlessThere(beside, file);
    syncFolder(dirname(file));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file} cannot be written: ${reasonOf(error)}; ${resumable}`);
  }
  journal.remove();
}

/** @throws UserError when another process writes the same file */
export function lockPartial(partial: string): () => void {
  try {
    const lock = lockFolder(partial, 'written');
    return () => void lock.release();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${partial} is being written by another process; wait for it, or give another --out`);
  }
}
