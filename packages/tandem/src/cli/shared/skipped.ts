import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
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
    mkdirSync(dirname(stem), { recursive: true });
    return `all ${skipped.length} are listed in ${writtenAt(stem, lines)}`;
  } catch (error) {
    return `they cannot be listed: ${(error as Error).message}`;
  }
}

/** Writes to `stem.jsonl`, or `stem-2.jsonl` where that is taken, and so on. */
function writtenAt(stem: string, text: string): string {
  for (let n = 1; ; n++) {
    const file = `${stem}${n === 1 ? '' : `-${n}`}.jsonl`;
    try {
      writeFileSync(file, text, { flag: 'wx' });
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
