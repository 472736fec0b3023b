import { Help } from 'commander';
import { printable } from '../../text.js';

/** Columns that every terminal has. */
const columns = 80;

/** Columns of help texts and lists of settings: a narrower terminal's own, else 80. */
export function textWidth(): number {
  return Math.min(process.stdout.columns || columns, columns);
}

/** Words in lines of that width, those after the first indented. */
export function wrapped(words: readonly string[]): string[] {
  return inLines(words.map(printable).join(' '), textWidth());
}

/**
 * A message as it stands on stderr: one line, whatever names are in it; in a terminal that is
 * narrower, several that end between words.
 */
export function message(text: string): string {
  const line = printable(text);
  const { isTTY, columns: width = columns } = process.stderr;
  return isTTY && line.length > width ? inLines(line, width).join('\n') : line;
}

function inLines(text: string, width: number): string[] {
  const lines = new Help().boxWrap(text, width - 2).split('\n');
  return lines.map((line, i) => (i === 0 ? line : `  ${line}`));
}
