import { shownName } from '../../errors.js';
import type { RunRecord } from '../../runs/index.js';
import { failureOf } from '../folder.js';
import { folderOf, type Plan, type PlannedRun, type PlannedStudy } from '../plan.js';
import { captionOf } from './caption.js';
import { type StudyTable, tableOf } from './table.js';
import { StudyValues } from './values.js';
import { judge, type Verdict } from './verdicts.js';

/** What a study came to, as far as its runs are done. */
export interface Outcome {
  readonly planned: PlannedStudy;
  readonly values: StudyValues;
  readonly table: StudyTable;
  readonly verdicts: readonly Verdict[];
  /** The scale in a sentence. */
  readonly caption: string;
  /** Runs that failed, and why. */
  readonly failures: readonly { readonly id: string; readonly uses: string; readonly why: string }[];
  /** Runs that have no number yet, failed ones among them. */
  readonly missing: number;
}

/** What all studies of a plan came to. @param folder of the plan's runs */
export function outcomesOf(plan: Plan, folder: string): Outcome[] {
  const records = new Map<string, RunRecord | undefined>();
  return plan.studies.map((planned) => {
    const values = new StudyValues(planned, plan, folder, records);
    const runs = [...new Set(planned.cells.flatMap((cell) => cell.runs))];
    return {
      planned,
      values,
      table: tableOf(planned.study, values),
      verdicts: planned.study.claims.map((claim) => judge(claim, values)),
      caption: captionOf(planned, plan),
      failures: runs.flatMap((run) => failureIn(folder, run, planned.study.name)),
      missing: runs.filter((run) => !values.isTrained(run)).length,
    };
  });
}

function failureIn(folder: string, run: PlannedRun, study: string): Outcome['failures'] {
  const why = failureOf(folderOf(folder, run));
  const uses = run.uses.filter((use) => use.startsWith(`${study} `)).map((use) => use.slice(study.length + 1));
  return why === undefined ? [] : [{ id: shownName(run.id), uses: [...new Set(uses)].join('; '), why }];
}

/** What a study came to as plain data, for `results.json` and `--json`. */
export function plainOutcome({ planned, table, verdicts, caption, failures, missing }: Outcome): object {
  const { study, seeds, impossible } = planned;
  return {
    ...{ study: study.name, title: study.title, scale: caption, seeds },
    rows: table.rows.map(({ name, cells }) => ({
      name,
      values: cells.filter(({ runs }) => runs > 0).map(({ x, measure, found }) => ({ x, measure, ...found })),
    })),
    ...{ verdicts, failures, impossible, missing },
  };
}
