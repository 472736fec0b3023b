import { dirname } from 'node:path';
import { UserError } from '../../errors.js';
import { makeFolder } from '../../files/make-folder.js';
import { reasonOf } from '../../files/system-error.js';
import { writeNew } from '../../files/write-whole.js';
import { skippedNote } from '../../images/decode/skipped.js';
import type { SkippedFile } from '../../images/index.js';
import { tell } from '../terminal/print.js';

/**
 * Writes all of them to a new file, one JSON object a line.
 * @param out what the command was to make: the list comes to lie beside it, or here
 * @returns where they are listed, in words
 */
export function listSkipped(skipped: readonly SkippedFile[], out: string | undefined): string {
  const stem = out === undefined ? 'skipped' : `${out.replace(/[/\\]+$/, '')}.skipped`;
  const lines = skipped.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  try {
    makeFolder(dirname(stem));
    const all = skipped.length === 1 ? 'it is' : `all ${skipped.length} are`;
    return `${all} listed in ${writtenAt(stem, lines)}`;
  } catch (error) {
    return `they cannot be listed: ${reasonOf(error)}`;
  }
}

/** Says how many files were left out, and where all are listed. @param out as for `listSkipped` */
export function tellSkipped(skipped: readonly SkippedFile[], out: string | undefined): void {
  if (skipped.length > 0) tell(`${skippedNote(skipped)}; ${listSkipped(skipped, out)}`);
}

/** What lists of an index come to lie beside: its folder, or nothing where a server has it. */
export function besideIndex(place: string): string | undefined {
  return URL.canParse(place) ? undefined : place;
}

/** Writes to `stem.jsonl`, or `stem-2.jsonl` where that is taken, and so on. */
function writtenAt(stem: string, text: string): string {
  for (let n = 1; ; n++) {
    const file = `${stem}${n === 1 ? '' : `-${n}`}.jsonl`;
    try {
      writeNew([file, text]);
      return file;
    } catch (error) {
      if (!(error instanceof UserError)) throw error; // taken
    }
  }
}
