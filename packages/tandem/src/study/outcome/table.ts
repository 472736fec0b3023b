import { type Statistic, statisticOf } from '../../report/compare.js';
import { csv, markdown } from '../../text.js';
import type { Study } from '../definition.js';
import type { Cell } from '../plan.js';
import type { StudyValues } from './values.js';

/** One number of a table. */
export interface TableCell {
  readonly x: Cell['x'];
  readonly measure: string;
  /** Undefined where no run has it. */
  readonly found: Statistic | undefined;
  /** Runs that should have it. */
  readonly runs: number;
  readonly isShare: boolean;
}

/** A study's table: a line a row, a column for each x and measure. */
export interface StudyTable {
  readonly columns: readonly { readonly x: Cell['x']; readonly measure: string }[];
  readonly rows: readonly { readonly name: string; readonly cells: readonly TableCell[] }[];
}

/** What the runs of a study came to, as its table. */
export function tableOf(study: Study, values: StudyValues): StudyTable {
  const own = Object.keys(study.measures).filter((name) => study.measures[name]?.over === 'end');
  const measures = study.table ?? own;
  const names = [...new Set(values.cells.map(({ row }) => row))];
  const xs = [...new Set(names.flatMap((name) => values.xOf(name)))];
  const columns = xs.flatMap((x) => measures.map((measure) => ({ x, measure })));
  const rows = names.map((name) => ({
    name,
    cells: columns.map(({ x, measure }) => ({
      ...{ x, measure },
      found: statisticOf([...values.values(name, x, measure).values()]),
      runs: values.cells.find((cell) => cell.row === name && cell.x === x)?.runs.length ?? 0,
      isShare: isShare(study, measure),
    })),
  }));
  return { columns, rows };
}

/** Whether a measure is a share that tables show in per cent. */
export function isShare({ measures }: Study, name: string): boolean {
  return ['knn', 'top1', 'probe', 'linear', 'fewshot', 'nearest'].includes(measures[name]?.by ?? '');
}

/** `61.20 ± 0.40`, and how many runs where some are missing; a dash where all are. */
export function cellText({ found, runs, isShare }: TableCell): string {
  if (!found) return runs === 0 ? '' : '-';
  const show = (x: number) => (isShare ? (100 * x).toFixed(2) : String(+x.toPrecision(4)));
  const error = found.standardError === undefined ? '' : ` ± ${show(found.standardError)}`;
  const some = found.values.length < runs ? ` (${found.values.length} of ${runs})` : '';
  return `${show(found.mean)}${error}${some}`;
}

/** Heads of the columns, the row's first. */
export function headsOf({ columns }: StudyTable): string[] {
  const measures = new Set(columns.map(({ measure }) => measure));
  return [
    '',
    ...columns.map(({ x, measure }) =>
      [x, measures.size > 1 || x === '' ? measure : ''].filter((part) => part !== '').join(' '),
    ),
  ];
}

/** The table in Markdown. */
export function tableMarkdown(table: StudyTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map(markdown).join(' | ')} |`;
  const heads = headsOf(table);
  return [
    line(heads),
    `|---|${'--:|'.repeat(heads.length - 1)}`,
    ...table.rows.map(({ name, cells }) => line([name, ...cells.map(cellText)])),
  ].join('\n');
}

/** Every number in full: a line a cell, with the values of the seeds. */
export function tableCsv(table: StudyTable): string {
  const lines = table.rows.flatMap(({ name, cells }) =>
    cells
      .filter(({ runs }) => runs > 0)
      .map(({ x, measure, found, runs }) => [
        ...[name, x, measure, found?.mean, found?.standardError, found?.values.length ?? 0, runs],
        found?.values.join(' '),
      ]),
  );
  return csv([['row', 'x', 'measure', 'mean', 'standard error', 'seeds', 'runs', 'values'], ...lines]);
}
