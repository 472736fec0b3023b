import { closeSync, existsSync, openSync, readSync, truncateSync } from 'node:fs';
import jsonc from 'jsonc-parser';
import { UserError } from '../errors.js';
import { endless, readRegular, refuseEndless } from './regular.js';

/** Settings are short: what is longer is not read. */
const mostJson = 2 ** 20;

/**
 * An object from a regular file of JSON, of a megabyte at most.
 * @throws UserError saying what is wrong, without the file's name; an error of the system as it is
 */
export function readJson(path: string): Record<string, unknown> {
  const kind = endless(path);
  if (kind !== undefined) throw new UserError(`it is ${kind}; give a regular file`);
  const bytes = readStart(path, mostJson + 1);
  if (bytes.length > mostJson) throw new UserError('it is larger than 1 MiB');
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError(`it is not JSON${faultIn(text)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError('it must be a JSON object, {"setting": value, ...}');
  }
  return value as Record<string, unknown>;
}

/** `: line 3, column 9: a comma with nothing after it`: Node's messages do not always say where. */
function faultIn(text: string): string {
  const faults: { code: jsonc.ParseErrorCode; offset: number }[] = [];
  try {
    jsonc.visit(text, { onError: (code, offset) => faults.push({ code, offset }) }, { disallowComments: true });
  } catch {
    return ''; // lists in lists beyond the stack
  }
  const [fault] = faults;
  if (fault === undefined) return '';
  const before = text.slice(0, fault.offset).trimEnd();
  const isTrailing = before.endsWith(',') && /[}\]]/.test(text[fault.offset] ?? '');
  const lines = text.slice(0, isTrailing ? before.length - 1 : fault.offset).split('\n');
  const what = isTrailing ? 'a comma with nothing after it' : meanings[jsonc.printParseErrorCode(fault.code)];
  return `: line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}${what ? `: ${what}` : ''}`;
}

/** What the parser's words for faults mean. */
const meanings: Readonly<Record<string, string>> = {
  InvalidSymbol: 'a word that is neither true, false nor null; texts and names stand in double quotes',
  InvalidNumberFormat: 'digits that are no number',
  PropertyNameExpected: 'a name in double quotes is missing',
  ValueExpected: 'a value is missing',
  ColonExpected: 'a colon is missing',
  CommaExpected: 'a comma is missing',
  CloseBraceExpected: 'a } is missing',
  CloseBracketExpected: 'a ] is missing',
  EndOfFileExpected: 'more after the end',
  InvalidCommentToken: 'a comment, which JSON has none of',
  UnexpectedEndOfComment: 'a comment, which JSON has none of',
  UnexpectedEndOfString: 'a text without its closing quote',
  UnexpectedEndOfNumber: 'a number without its end',
  InvalidUnicode: 'a \\u without its four digits',
  InvalidEscapeCharacter: 'a backslash before a sign that needs none',
  InvalidCharacter: 'a control character in a text',
};

function readStart(path: string, most: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(most);
    let done = 0;
    for (let n = 1; n > 0 && done < most; done += n) n = readSync(file, bytes, done, most - done, null);
    return bytes.subarray(0, done);
  } finally {
    closeSync(file);
  }
}

/**
 * The entries of a file of JSON lines; none where there is no file. A last line without an end was
 * being written when its process ended, and does not count.
 * @throws UserError for any other line that is not a JSON object, naming file and line
 */
export function readJsonLines(path: string): Record<string, unknown>[] {
  if (!existsSync(path)) return [];
  const lines = readRegular(path).toString().split('\n').slice(0, -1);
  return lines.map((line, i) => {
    const entry = objectIn(line);
    if (entry === undefined)
      throw new UserError(`${path}:${i + 1} is damaged: it is not a JSON object; take that line out to use the others`);
    return entry;
  });
}

/** Bytes of lines that are read at a time. */
const linesAtATime = 2 ** 20;

/** The lines of a regular file, however long it is, and what stands behind the last line's end. */
export function* linesOf(path: string): Generator<string> {
  refuseEndless(path);
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(linesAtATime);
    let begun: Buffer[] = [];
    for (let n = readSync(file, bytes); n > 0; n = readSync(file, bytes)) {
      const end = bytes.lastIndexOf(10, n - 1) + 1;
      if (end > 0) {
        const whole = Buffer.concat([...begun, bytes.subarray(0, end - 1)]);
        yield* whole.toString().split('\n');
        begun = [];
      }
      begun.push(Buffer.from(bytes.subarray(end, n)));
    }
    const rest = Buffer.concat(begun).toString();
    if (rest !== '') yield rest;
  } finally {
    closeSync(file);
  }
}

/** The object in a JSON file. @throws UserError where it is none */
export function readJsonObject(path: string): Record<string, unknown> {
  const entry = objectIn(readRegular(path).toString());
  if (entry === undefined) throw new UserError(`${path} is damaged: it is not a JSON object`);
  return entry;
}

/** The object that a text of JSON is; undefined where it is none. */
export function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Takes away what a process that ended while writing left of a last line, so that the next line
 * stands by itself.
 */
export function dropTornLine(path: string): void {
  if (!existsSync(path)) return;
  const bytes = readRegular(path);
  const whole = bytes.lastIndexOf('\n') + 1;
  if (whole < bytes.length) truncateSync(path, whole);
}
