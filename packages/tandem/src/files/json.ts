import { closeSync, existsSync, openSync, readSync, truncateSync } from 'node:fs';
import { UserError } from '../errors.js';
import { endless, readRegular } from './regular.js';

/** Settings are short: what is longer is not read. */
const mostJson = 2 ** 20;

/**
 * An object from a regular file of JSON, of a megabyte at most.
 * @throws UserError saying what is wrong, without the file's name; an error of the system as it is
 */
export function readJson(path: string): Record<string, unknown> {
  const kind = endless(path);
  if (kind !== undefined) throw new UserError(`it is ${kind}; give a regular file`);
  const text = readStart(path, mostJson + 1);
  if (text.length > mostJson) throw new UserError('it is larger than 1 MiB');
  let value: unknown;
  try {
    value = JSON.parse(text.toString('utf8'));
  } catch {
    throw new UserError('it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError('it must be a JSON object, {"setting": value, ...}');
  }
  return value as Record<string, unknown>;
}

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
