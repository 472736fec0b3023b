import { join } from 'node:path';
import { UserError } from '../../../errors.js';
import { classNamesFile, type Stl10Files } from './files.js';

/** @param metadata the contents of the set's files that hold no images */
export function classNames({ path }: Stl10Files, metadata: ReadonlyMap<string, Buffer>): string[] {
  const text = metadata.get(classNamesFile);
  if (!text) throw new UserError(`${join(path, classNamesFile)}: missing`);
  const names = text.toString('utf8').split('\n');
  return names.map((name) => name.trim()).filter((name) => name !== '');
}

/** The labels of a half; in the file they count from 1. */
export function labels(
  { path }: Stl10Files,
  metadata: ReadonlyMap<string, Buffer>,
  half: 'train' | 'test',
  count: number,
  classes: number,
): Int32Array {
  const file = `${half}_y.bin`;
  const bytes = metadata.get(file);
  if (!bytes) throw new UserError(`${join(path, file)}: missing`);
  if (bytes.length !== count) {
    throw new UserError(`${join(path, file)}: ${bytes.length} labels, but ${half}_X.bin has ${count} images`);
  }
  const stray = bytes.findIndex((label) => label < 1 || label > classes);
  if (stray >= 0)
    throw new UserError(`${join(path, file)}: label ${bytes[stray]} at place ${stray}, expected 1 to ${classes}`);
  return Int32Array.from(bytes, (label) => label - 1);
}
