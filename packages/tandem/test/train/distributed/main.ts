// `npm run test:distributed`: how far several processes are from one, for every method and its
// variants, on 2, 3 and 4 processes, in float64 and float32. Prints a table in Markdown; ends with
// 1 where a deviation is more than rounding.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Deviations, deviations } from './running.js';
import { everyMethod, variants } from './subjects.js';

/** Ten steps in float64, one in float32: later steps multiply what rounding begins. */
const cases = [
  { dtype: 'float64', steps: 10, most: 1e-10 },
  { dtype: 'float32', steps: 1, most: 1e-3 },
  { dtype: 'float32', steps: 10, most: Number.POSITIVE_INFINITY },
] as const;

const folder = mkdtempSync(join(tmpdir(), 'tandem-'));
try {
  for (const { dtype, steps, most } of cases) {
    const task = { subjects: [...everyMethod, ...variants], dtype, steps, batch: 12 };
    const found = await deviations(folder, task, [2, 3, 4]);
    console.log(`\n${dtype}, after ${steps} steps\n\n| on | loss | gradient | state |\n|---|---|---|---|`);
    for (const [title, { loss, gradient, state }] of found) {
      console.log(`| ${[title, ...[loss, gradient, state].map((x) => x.toExponential(1))].join(' | ')} |`);
    }
    const isWrong = ({ loss, gradient, state }: Deviations) => Math.max(loss, gradient, state) > most;
    const wrong = [...found].flatMap(([title, all]) => (isWrong(all) ? [title] : []));
    if (wrong.length === 0) continue;
    console.log(`\nmore than ${most}: ${wrong.join(', ')}`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
