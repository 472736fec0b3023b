import { dirname } from 'node:path';
import { UserError } from '../../errors.js';
import { makeFolder } from '../../files/make-folder.js';
import { reasonOf } from '../../files/system-error.js';
import { writeNew } from '../../files/write-whole.js';
import type { SkippedFile } from '../../images/index.js';

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
    return `all ${skipped.length} are listed in ${writtenAt(stem, lines)}`;
  } catch (error) {
    return `they cannot be listed: ${reasonOf(error)}`;
  }
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
