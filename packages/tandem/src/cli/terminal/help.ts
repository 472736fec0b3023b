import { Help } from 'commander';
import { printable } from '../../text.js';

/** Columns of help texts and other long lines: the terminal's, but no more than read well. */
export function helpWidth(): number {
  return Math.min(process.stdout.columns || 100, 100);
}

/** Two columns under a heading, long descriptions wrapped; as commander's own lists are. */
export function helpTable(heading: string, rows: readonly (readonly [term: string, description: string])[]): string {
  const help = new Help();
  help.helpWidth = helpWidth();
  const termWidth = Math.max(...rows.map(([term]) => term.length));
  const lines = rows.map(([term, description]) => help.formatItem(term, termWidth, description, help));
  return [`\n${help.boxWrap(heading, help.helpWidth)}`, ...lines].join('\n');
}

/** Words in lines of the help's width, those after the first indented. */
export function wrapped(words: readonly string[]): string[] {
  const lines = new Help().boxWrap(words.map(printable).join(' '), helpWidth() - 2).split('\n');
  return lines.map((line, i) => (i === 0 ? line : `  ${line}`));
}
