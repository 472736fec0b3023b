import { z } from 'zod';
import { percent } from '../math.js';
import type { Evaluation } from '../runs/evaluations.js';
import type { RunRecord } from '../runs/run-record.js';
import { type Html, html } from './html.js';

const shares = z.record(z.string(), z.number().nullable());
const tableSchema = z.object({
  perClass: shares,
  perClassF1: shares.optional(),
  confusion: z.array(z.array(z.number())),
});

/** Classes whose confusions fit on a page as a matrix. */
const mostInMatrix = 30;

/** What the run's newest classifier takes each class for; undefined where none was measured. */
export function classSection({ evaluations }: RunRecord): Html | undefined {
  for (const one of evaluations.toReversed()) {
    const { success, data } = tableSchema.safeParse(one.result);
    if (success) return section(one, data);
  }
  return undefined;
}

function section({ protocol, encoder, images }: Evaluation, table: z.infer<typeof tableSchema>): Html {
  const { perClass, perClassF1, confusion } = table;
  const names = Object.keys(perClass);
  const shown = (share: number | null | undefined) => (share == null ? '' : percent(share, 1));
  const rows = names.map((name, c) => {
    const row = confusion[c] ?? [];
    const worst = row.reduce(
      (most, count, i) => (i !== c && count > (row[most] ?? 0) * Number(most !== c) ? i : most),
      c,
    );
    const taken = worst === c ? '' : `${names[worst]} (${row[worst]})`;
    const size = row.reduce((sum, count) => sum + count, 0);
    return [name, String(size), shown(perClass[name]), shown(perClassF1?.[name]), taken];
  });
  return html`<section>
<h2>Classes</h2>
<p class="muted">${protocol}, ${encoder}, on ${images}.</p>
<div class="scroll card" tabindex="0" role="region" aria-label="Classes"><table>
<thead><tr>${['Class', 'Queries', 'Recognised', 'F1', 'Most often taken for'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(([name, ...cells]) => html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody>
</table></div>
${names.length <= mostInMatrix && matrix(names, confusion)}
</section>`;
}

function matrix(names: readonly string[], confusion: readonly (readonly number[])[]): Html {
  return html`<details><summary>Confusion matrix</summary>
<p class="muted">A row for each class, a column for each answer.</p>
<div class="scroll card" tabindex="0" role="region" aria-label="Confusion matrix"><table class="numbers">
<thead><tr><td></td>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${confusion.map((row, c) => html`<tr><th scope="row">${names[c]}</th>${row.map((count) => html`<td>${count}</td>`)}</tr>\n`)}</tbody>
</table></div></details>`;
}
