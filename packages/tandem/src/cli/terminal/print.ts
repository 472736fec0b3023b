import { printable, printableJson } from '../../text.js';
import { message } from './lines.js';

/** Lines on stdout; each stays one, whatever names stand in it. */
export function print(...lines: readonly string[]): void {
  console.log(lines.map(printable).join('\n'));
}

/** One JSON object on stdout. */
export function printJson(value: unknown): void {
  console.log(printableJson(value));
}

/** Lines on stderr; each stays one, if the terminal has room for it. */
export function tell(...lines: readonly string[]): void {
  console.error(lines.map(message).join('\n'));
}
