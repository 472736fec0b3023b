import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pageStyle } from '../../report/assets.js';
import { type Html, html } from '../../report/html.js';
import { htmlPage } from '../../report/html-page.js';
import { tandemVersion } from '../../version.js';
import { folderOf, type Plan } from '../plan.js';
import type { DrawnFigure } from './draw.js';
import type { Outcome } from './outcome.js';
import { cellText, headsOf, type StudyTable } from './table.js';
import { points, type Verdict } from './verdicts.js';

/** A study with its drawings. */
export interface Section {
  readonly outcome: Outcome;
  readonly figures: readonly DrawnFigure[];
}

/** Where things lie, for links. */
interface Places {
  readonly plan: Plan;
  /** Of the runs' folder `runs`. */
  readonly folder: string;
  /** Where the page stands. */
  readonly page: string;
}

/**
 * Studies as one HTML page that needs no other file and no network: verdicts, tables, figures, runs
 * and failures. It holds no script.
 */
export function studyPage(title: string, sections: readonly Section[], places: Places): string {
  const { scale } = places.plan;
  return htmlPage({
    title,
    policy: "default-src 'none'; img-src data:; style-src 'unsafe-inline'",
    style: pageStyle(),
    about: `Scale ${scale.name}: ${scale.about}`,
    main: [sections.length > 1 && overview(sections), ...sections.map((section) => studySection(section, places))],
    origin: html`the runs beside it by version ${tandemVersion}; the same command makes it anew.`,
  });
}

function overview(sections: readonly Section[]): Html {
  const verdicts = sections.flatMap(({ outcome }) => outcome.verdicts);
  const of = (word: Verdict['verdict']) => verdicts.filter(({ verdict }) => verdict === word).length;
  return html`<section>
<h2>Claims</h2>
<p>${of('confirmed')} confirmed, ${of('refuted')} refuted, ${of('not decided')} not decided.</p>
${verdictList(verdicts)}
</section>`;
}

function studySection({ outcome, figures }: Section, places: Places): Html {
  const { planned, table, verdicts, caption } = outcome;
  const { study } = planned;
  return html`<section id="${study.name}">
<h2>${study.title}</h2>
<p>${study.about}</p>
${verdicts.length > 0 && verdictList(verdicts)}
${tableHtml(table, caption)}
${figures.map(figureHtml)}
${verdicts.length > 0 && comparisonsHtml(verdicts)}
${runsHtml(outcome, places)}
${troubles(outcome)}
</section>`;
}

function verdictList(verdicts: readonly Verdict[]): Html {
  return html`<ul>${verdicts.map(
    ({ id, says, verdict, reason, note }) =>
      html`<li><strong>${id}: ${verdict}.</strong> ${says} <span class="muted">${reason} ${note}</span></li>`,
  )}</ul>`;
}

function tableHtml(table: StudyTable, caption: string): Html {
  const [first, ...heads] = headsOf(table);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Results"><table class="numbers">
<thead><tr><th>${first}</th>${heads.map((head) => html`<th>${head}</th>`)}</tr></thead><tbody>${table.rows.map(
    ({ name, cells }) =>
      html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cellText(cell)}</td>`)}</tr>`,
  )}</tbody></table></div>
<p class="muted">${caption} Mean and standard error over seeds; shares in per cent.</p>`;
}

/** As a picture: what stands in it can do nothing to the page. */
function figureHtml({ name, title, svg }: DrawnFigure): Html {
  const uri = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
  return html`<figure class="card"><div class="scroll" tabindex="0" role="region" aria-label="${title}"><img src="${uri}" alt="${title}"></div>
<figcaption class="muted">${title}. The numbers are in ${name}.csv.</figcaption></figure>
`;
}

function comparisonsHtml(verdicts: readonly Verdict[]): Html {
  const lines = verdicts.flatMap(({ id, comparisons }) => comparisons.map((one) => ({ id, ...one })));
  const p = (value: number | undefined) => (value === undefined ? '' : value.toPrecision(2));
  return html`<details><summary>${lines.length} comparisons, paired over seeds</summary><div class="scroll" tabindex="0" role="region" aria-label="Comparisons"><table>
<thead><tr><th>claim</th><th>comparison</th><th>difference, points</th><th>seeds</th><th>p that it holds</th><th>p that it fails</th></tr></thead>
<tbody>${lines.map(
    ({ id, what, mean, standardError = 0, differences, holds, fails }) =>
      html`<tr><td>${id}</td><td>${what}</td><td>${mean === undefined ? '-' : `${points(mean)} ± ${points(standardError, false)}`}</td><td>${differences.length}</td><td>${p(holds)}</td><td>${p(fails)}</td></tr>`,
  )}</tbody></table></div><p class="muted">One-sided p of Student's t test, before Holm's correction.</p></details>`;
}

function runsHtml({ planned, values }: Outcome, { folder, page }: Places): Html {
  const lines = planned.cells.flatMap(({ row, x, runs }) => runs.map((run) => ({ row, x, run })));
  const done = lines.filter(({ run }) => values.isTrained(run));
  return html`<details><summary>${done.length} of ${lines.length} runs</summary><div class="scroll" tabindex="0" role="region" aria-label="Runs"><table>
<thead><tr><th>row</th><th>${planned.study.xName}</th><th>seed</th><th>run</th></tr></thead><tbody>${lines.map(
    ({ row, x, run }) =>
      html`<tr><td>${row}</td><td>${String(x)}</td><td>${run.seed}</td><td>${
        values.isTrained(run)
          ? html`<a href="${linkTo(folderOf(folder, run), page)}">${run.id}</a>`
          : html`${run.id} <span class="muted">(not done)</span>`
      }</td></tr>`,
  )}</tbody></table></div></details>`;
}

/** To the report of a run, or to its folder where there is none. */
function linkTo(run: string, page: string): string {
  const report = join(run, 'report.html');
  return encodeURI(relative(page, existsSync(report) ? report : run));
}

function troubles({ failures, planned: { impossible } }: Outcome): Html | undefined {
  if (failures.length + impossible.length === 0) return undefined;
  return html`<h3>Failed</h3><ul class="warnings">${failures.map(
    ({ id, uses, why }) => html`<li><strong>${uses}</strong> ${why} <span class="muted">${id}</span></li>`,
  )}${impossible.map(({ cell, why }) => html`<li><strong>${cell}</strong> cannot be run at this scale: ${why}</li>`)}</ul>`;
}
