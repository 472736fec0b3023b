import { Help } from 'commander';
import { tandemCommand } from '../../invocation.js';
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
 * narrower, several that end between words, but for commands.
 */
export function message(text: string): string {
  const line = printable(text);
  const { isTTY, columns: width = columns } = process.stderr;
  return isTTY && line.length > width ? inLines(line, width).join('\n') : line;
}

function inLines(text: string, width: number): string[] {
  const lines = new Help()
    .boxWrap(unbroken(text), width - 2)
    .replaceAll(glue, ' ')
    .split('\n');
  return lines.map((line, i) => (i === 0 ? line : `  ${line}`));
}

/** Stands for a space where no line may end; in printable text it is not found. */
const glue = '\0';

/**
 * What is to be typed next, behind a colon up to a semicolon or in backquotes, stays in one line: a
 * copy of it must work. So does a number with its unit.
 */
function unbroken(text: string): string {
  const command = tandemCommand();
  const typed = new RegExp(`(?<=: )${command} .*?(?=; |$)|\`${command} [^\`]*\``, 'g');
  const quantities = /(?<=\d) (?=([kMGT]?FLOP|[KMGT]iB|[kMGT])\b)/g;
  return text.replace(typed, (line) => line.replaceAll(' ', glue)).replace(quantities, glue);
}
