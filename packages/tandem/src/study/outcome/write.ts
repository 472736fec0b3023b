import { join } from 'node:path';
import { makeFolder } from '../../files/make-folder.js';
import { writeWhole } from '../../files/write-whole.js';
import type { Plan } from '../plan.js';
import { drawFigures } from './draw.js';
import { type Outcome, outcomesOf, plainOutcome } from './outcome.js';
import { type Section, studyPage } from './page.js';
import { tableCsv, tableMarkdown } from './table.js';

/** What was written of studies. */
export interface Written {
  readonly outcomes: readonly Outcome[];
  /** `study.html`. */
  readonly page: string;
}

/**
 * Writes what studies came to, as far as they are: `study.html` with all of them, `results.json`,
 * and for each its table as CSV and Markdown, its figures as SVG and PNG with their numbers as CSV.
 * @param name of the folder in `folder`, and above the page
 */
export async function writeOutcome(name: string, plan: Plan, folder: string): Promise<Written> {
  const outcomes = outcomesOf(plan, folder);
  const out = join(folder, name);
  makeFolder(out);
  const sections: Section[] = [];
  for (const outcome of outcomes) {
    const figures = await drawFigures(outcome, folder);
    sections.push({ outcome, figures });
    const own = join(out, outcome.planned.study.name);
    writeWhole(`${own}.md`, markdownOf(outcome));
    writeWhole(`${own}-table.csv`, tableCsv(outcome.table));
    for (const { name, svg, png, csv } of figures) {
      writeWhole(join(out, `${name}.svg`), svg);
      writeWhole(join(out, `${name}.png`), png);
      writeWhole(join(out, `${name}.csv`), csv);
    }
  }
  writeWhole(join(out, 'results.json'), `${JSON.stringify(outcomes.map(plainOutcome), null, 1)}\n`);
  const page = join(out, 'study.html');
  const title = sections.length === 1 ? (sections[0] as Section).outcome.planned.study.title : name;
  writeWhole(page, studyPage(title, sections, { plan, folder, page: out }));
  return { outcomes, page };
}

/** A study's table and verdicts in Markdown. */
export function markdownOf({ planned, table, verdicts, caption, missing }: Outcome): string {
  const verdictLines = verdicts.map(({ id, says, verdict, reason }) => `- **${id}: ${verdict}.** ${says} ${reason}`);
  return [
    `### ${planned.study.title}`,
    '',
    `${caption}${missing > 0 ? ` ${missing} runs are not done.` : ''}`,
    '',
    tableMarkdown(table),
    '',
    ...verdictLines,
    '',
  ].join('\n');
}
