import { createHash } from 'node:crypto';
import { readRegular } from './regular.js';

/** SHA-256 of the contents of files, one after another. */
export function digest(files: readonly string[]): string {
  const sum = createHash('sha256');
  for (const file of files) sum.update(readRegular(file));
  return sum.digest('hex');
}
