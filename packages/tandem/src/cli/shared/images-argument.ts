import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../errors.js';
import { makeFolder } from '../../files/make-folder.js';
import { writeWhole } from '../../files/write-whole.js';
import { asPattern, listHome } from '../../images/index.js';

/** Reads `<images...>`: what is given becomes one text, `{a,b}` where there are several. */
export function imagesArgument(): (word: string) => string {
  const words: string[] = [];
  return (word) => {
    words.push(word === '-' ? fromStdin() : word);
    return asPattern(words);
  };
}

/** The same of words that are at hand. */
export function imagesOf(words: readonly string[]): string {
  return asPattern(words.map((word) => (word === '-' ? fromStdin() : word)));
}

/**
 * The list on stdin, kept in the user's cache under a name of its own, as a run that resumes reads
 * it again.
 */
function fromStdin(): string {
  const bytes = readFileSync(0);
  const [first = '', second = ''] = bytes.toString('utf8', 0, 2 ** 16).split(/\r?\n/);
  if (first.trim() === '') throw new UsageError('-: there is no list on stdin');
  const ending = first.startsWith('{')
    ? 'jsonl'
    : /\t/.test(first)
      ? 'tsv'
      : /,/.test(`${first}${second}`)
        ? 'csv'
        : 'txt';
  const name = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const folder = listHome();
  makeFolder(folder);
  const file = join(folder, `${name}.${ending}`);
  writeWhole(file, bytes);
  return file;
}
