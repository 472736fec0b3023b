import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from '../../cli/running.js';

const cures =
  /\b(give|make|remove|move|raise|resume|resumes|run|put|wait|write|fetch|look|allow|use|take|repair|mend|mount|close|try|call|say|set|add|lower|begin|again|anew|must be|tandem \w+)\b/i;

/**
 * Whether a command that failed, or ended otherwise, says so as it should: one of its exit codes,
 * no stack, and at its end one line that says what can be done.
 */
export function checkTold({ code, signal, stdout, stderr }: Outcome, about: string): void {
  const all = `${about}\n${stderr}`;
  assert.equal(signal ?? null, null, `ended by ${signal}: ${all}`);
  assert.ok([0, 1, 2, 130, 143].includes(code as number), `exit code ${code}: ${all}`);
  assert.doesNotMatch(`${stdout}${stderr}`, /\n\s+at .*:\d+:\d+|^\w*Error: |node:internal/m, all);
  if (code === 0 || code === 130 || code === 143) return;
  const last = stderr.trimEnd().split('\n').at(-1) as string;
  assert.match(stderr, /^tandem: /m, all);
  assert.match(last, cures, `no cure: ${all}`);
  assert.doesNotMatch(last, /\b(E[A-Z]{3,}): /, `raw: ${all}`);
}

const halfWritten = /[.](tmp|part|partial|lock|stale)$|(^|\/)lock$|[.]partial\//;

/** Half-written files and locks that a command left. */
export function leftovers(place: string): string[] {
  const all = readdirSync(place, { recursive: true }) as string[];
  return all.filter((file) => halfWritten.test(file) && !file.startsWith('killed/'));
}

/** Contents of a folder that must stay as they are: everything that was there before. */
export function missing(place: string, before: readonly string[]): string[] {
  return before.filter((file) => !existsSync(join(place, file)));
}
