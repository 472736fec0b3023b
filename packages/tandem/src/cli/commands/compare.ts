import { Command } from 'commander';
import { shownDuration, UsageError } from '../../errors.js';
import { inPoints } from '../../math.js';
import { type ComparisonRow, type ComparisonTable, compareRuns, type Statistic } from '../../report/index.js';
import { keptEncoder, readRun } from '../../runs/index.js';
import { csv as csvLines, markdown, printable } from '../../text.js';
import { tableLines } from '../shared/table.js';
import { print, printJson, tell } from '../terminal/print.js';

interface Options {
  markdown?: true;
  csv?: true;
  json?: true;
}

/** `tandem compare run...`: runs side by side. */
export function compareCommand(): Command {
  return new Command('compare')
    .usage('<run...> [options]')
    .argument('<runs...>', 'run folders; those that differ only in seed become one row')
    .option('--markdown', 'tables in Markdown on stdout')
    .option('--csv', 'one table in CSV on stdout')
    .option('--json', 'one JSON object with the result on stdout')
    .action((paths: string[], options: Options) => {
      const asked = Object.keys(options);
      if (asked.length > 1) throw new UsageError(`one of --${asked.join(' and --')}, not both`);
      const comparison = compareRuns(paths.map((path) => ({ ...readRun(path), kept: keptEncoder(path) })));
      const { tables, remarks } = comparison;
      if (options.json) printJson(comparison);
      else if (options.csv) console.log(csv(tables));
      else
        print(
          ...tables.flatMap((table, i) => [
            ...(i > 0 ? [''] : []),
            ...(options.markdown ? markdownLines : plain)(table),
          ]),
        );
      if (!options.json && remarks.length > 0) tell(...remarks);
    });
}

function plain(table: ComparisonTable): string[] {
  const { identity, cells, same } = withoutConstants(table);
  const printed = cells.map((row) => row.map(printable));
  return [...folded(title(table)), ...folded(same), ...tableLines(printed, identity, process.stdout.columns)];
}

/** A line of prose, in several where the terminal is narrower. */
function folded(text: string): string[] {
  return text === '' ? [] : tableLines([[printable(text)]], 0, process.stdout.columns);
}

/** Columns that say the same in every row become one line above the table; accuracies stay. */
function withoutConstants(table: ComparisonTable): { identity: number; cells: string[][]; same: string } {
  const all = cellsOf(table);
  const [head, ...rows] = all as [string[], ...string[][]];
  const isKept = (name: string, i: number) =>
    rows.length < 2 || table.columns.includes(name) || rows.some((row) => row[i] !== rows[0]?.[i]);
  const kept = [...head.keys()].filter((i) => isKept(head[i] as string, i));
  const left = [...head.keys()].filter((i) => !kept.includes(i) && rows[0]?.[i] !== '');
  return {
    identity: kept.filter((i) => head[i] === 'method' || head[i] === 'settings').length,
    cells: all.map((row) => kept.map((i) => row[i] as string)),
    same: left.length > 0 ? `The same in all: ${left.map((i) => `${head[i]} ${rows[0]?.[i]}`).join(', ')}` : '',
  };
}

function markdownLines(table: ComparisonTable): string[] {
  const cells = cellsOf(table).map((row) => row.map(markdown));
  const widths = columnWidths(cells);
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] as number)).join(' | ')} |`;
  const [head, ...rows] = cells as [string[], ...string[][]];
  return [markdown(title(table)), '', line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

function columnWidths(cells: readonly (readonly string[])[]): number[] {
  return (cells[0] ?? []).map((_, i) => Math.max(3, ...cells.map((row) => row[i]?.length ?? 0)));
}

function title({ protocol: { images, limit, size } }: ComparisonTable): string {
  const few = limit === undefined ? '' : `, at most ${limit} images`;
  return `${images}${few}, ${size} pixels. Accuracies in per cent at the last epoch; k-NN by cosine with 1 neighbour unless 200 are named`;
}

function cellsOf({ columns, rows }: ComparisonTable): string[][] {
  const stopped = rows.some(({ epochs, epochsAsked }) => epochs < epochsAsked);
  const settings = rows.some((row) => Object.keys(row.settings).length > 0);
  const all: (readonly [head: string, show: (row: ComparisonRow) => string])[] = [
    ['method', ({ method }) => method],
    ...(settings ? [['settings', settingsOf] as const] : []),
    ['seeds', ({ seeds }) => String(seeds.length)],
    ...columns.map((name) => [name, (row: ComparisonRow) => points(row, name)] as const),
    ...(stopped ? [['epochs', ({ epochs, epochsAsked }: ComparisonRow) => `${epochs}/${epochsAsked}`] as const] : []),
    ['steps', ({ steps }) => String(steps)],
    ['images seen', ({ imagesSeen }) => String(imagesSeen)],
    ['time', ({ seconds }) => (seconds ? shownDuration(seconds.mean) : '')],
  ];
  return [all.map(([head]) => head), ...rows.map((row) => all.map(([, show]) => show(row)))];
}

function settingsOf({ settings }: ComparisonRow): string {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return given.map(([name, value]) => `${name}=${value}`).join(' ');
}

/** `68.00 ± 0.50`, and how many runs where some lack it. */
function points({ accuracies, runs }: ComparisonRow, name: string): string {
  const found = accuracies[name];
  if (!found) return '';
  const { mean, standardError: error, values } = found;
  const some = values.length < runs.length ? ` (${values.length} of ${runs.length})` : '';
  return `${inPoints(mean)}${error === undefined ? '' : ` ± ${inPoints(error)}`}${some}`;
}

/** One row a line, every number in a field of its own and in full; each row names its protocol. */
function csv(tables: readonly ComparisonTable[]): string {
  const columns = [...new Set(tables.flatMap((table) => table.columns))];
  const settings = [...new Set(tables.flatMap(({ rows }) => rows.flatMap((row) => Object.keys(row.settings))))];
  const statistics = (found: Statistic | undefined) => [found?.mean, found?.standardError, found?.values.length];
  const named = (name: string) => [name, `${name} standard error`, `${name} runs`];
  const head = [
    ...['images', 'limit', 'size', 'method'],
    ...settings,
    ...['seeds', 'epochs', 'epochs asked'],
    ...columns.flatMap(named),
    ...['steps', 'images seen'],
    ...named('seconds'),
    'folders',
  ];
  const lines = tables.flatMap(({ protocol: { images, limit, size }, rows }) =>
    rows.map((row) => [
      ...[images, limit, size, row.method],
      ...settings.map((name) => row.settings[name]),
      ...[row.seeds.join(' '), row.epochs, row.epochsAsked],
      ...columns.flatMap((name) => statistics(row.accuracies[name])),
      ...[row.steps, row.imagesSeen],
      ...statistics(row.seconds),
      row.runs.join(' '),
    ]),
  );
  return csvLines([head, ...lines]).trimEnd();
}
