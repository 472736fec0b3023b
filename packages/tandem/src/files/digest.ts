import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** SHA-256 of the contents of files, one after another. */
export function digest(files: readonly string[]): string {
  const sum = createHash('sha256');
  for (const file of files) sum.update(readFileSync(file));
  return sum.digest('hex');
}
