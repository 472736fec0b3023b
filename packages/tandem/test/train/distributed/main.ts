// `npm run test:distributed`: how far several processes are from one, for every method and its
// variants, on 1 to 4 processes, in float64 and float32, or in those that are asked for
// (`float32-10`). Prints tables in Markdown, and with `--write` puts them into
// docs/internals/distribution.md; ends with 1 where a deviation is more than rounding.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Deviations, deviations, roundings } from './running.js';
import { everyMethod, variants } from './subjects.js';

const counts = [1, 2, 3, 4];
const page = fileURLToPath(new URL('../../../../../../docs/internals/distribution.md', import.meta.url));
/** In float32 later steps multiply what rounding begins: what it comes to alone stands beside. */
const cases = [
  { dtype: 'float64', steps: 10 },
  { dtype: 'float32', steps: 1 },
  { dtype: 'float32', steps: 10 },
] as const;
const asked = cases.filter(({ dtype, steps }) =>
  process.argv.some((word) => [dtype, `${dtype}-${steps}`].includes(word)),
);

const largest = ({ loss, gradient, state }: Deviations) => Math.max(loss, gradient, state);
const cell = ({ loss, gradient, state }: Deviations) =>
  [loss, gradient, state].map((x) => (x === 0 ? '0' : x.toExponential(0))).join(' ');

const folder = mkdtempSync(join(tmpdir(), 'tandem-'));
try {
  for (const { dtype, steps } of asked.length > 0 ? asked : cases) {
    const task = { subjects: [...everyMethod, ...variants], dtype, steps, batch: 24 };
    const found = await deviations(folder, task, counts);
    const rounding = dtype === 'float32' ? await roundings(folder, task, 8) : undefined;
    const limit = (title: string) =>
      rounding === undefined ? 1e-10 : Math.max(1e-5, 10 * largest(rounding.get(title) as Deviations));
    const lines = [...found].map(([title, all]) => {
      const own = rounding?.get(title);
      return ['', title, ...[...all, ...(own ? [own] : [])].map(cell), ''].join(' | ').trim();
    });
    const columns = [...counts.map((count) => `W = ${count}`), ...(rounding ? ['rounding'] : [])];
    const head = `| | ${columns.join(' | ')} |\n|${'---|'.repeat(columns.length + 1)}`;
    const title = `**${dtype}, after ${steps} step${steps > 1 ? 's' : ''}**`;
    const table = `${title}\n\n${head}\n${lines.join('\n')}\n`;
    console.log(`\n${table}`);
    if (process.argv.includes('--write')) writeTable(title, table);
    const wrong = [...found].filter(([title, all]) => all.some((one) => !(largest(one) <= limit(title))));
    for (const [title] of wrong) console.log(`more than rounding: ${title} (at most ${limit(title).toExponential(1)})`);
    if (wrong.length > 0) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** In place of the one under its title, or after all others. */
function writeTable(title: string, table: string): void {
  const [begin, end] = ['<!-- deviations -->\n', '<!-- /deviations -->'];
  const [before, rest] = readFileSync(page, 'utf8').split(begin) as [string, string];
  const [tables, after] = rest.split(end) as [string, string];
  const others = tables.split(/\n(?=\*\*)/).filter((one) => one.trim() !== '' && !one.trim().startsWith(title));
  const all = [...others.map((one) => `${one.trim()}\n`), table];
  writeFileSync(page, `${before}${begin}\n${all.join('\n')}\n${end}${after}`);
}
