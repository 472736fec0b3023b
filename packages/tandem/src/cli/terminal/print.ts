import { printable, printableJson } from '../../text.js';

/** Lines on stdout; each stays one, whatever names stand in it. */
export function print(...lines: readonly string[]): void {
  console.log(lines.map(printable).join('\n'));
}

/** One JSON object on stdout. */
export function printJson(value: unknown): void {
  console.log(printableJson(value));
}

/** Lines on stderr; each stays one. */
export function tell(...lines: readonly string[]): void {
  console.error(lines.map(printable).join('\n'));
}
