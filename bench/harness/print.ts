import { type Goal, isMet, type Table } from './suite.js';

/**
 * A table in Markdown, as the notes in docs/performance take it: the first column to the left, the
 * others to the right.
 */
export function printTable({ title, head, rows }: Table): void {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const padded = (cell: string, i: number) =>
    i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  console.log(`\n${title}\n`);
  console.log(line(head.map(padded)));
  console.log(line(widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))));
  for (const row of rows) console.log(line(row.map(padded)));
}

export function printGoals(goals: readonly Goal[]): void {
  if (goals.length > 0) console.log();
  for (const goal of goals) {
    const { name, measured, atLeast, atMost } = goal;
    const wanted = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
    const missed = ` (by ${digits(Math.abs(measured / ((atLeast ?? atMost) || 1) - 1) * 100)} %)`;
    console.log(
      `${isMet(goal) ? 'met   ' : 'MISSED'}  ${name}: ${digits(measured)}, wanted ${wanted}${isMet(goal) ? '' : missed}`,
    );
  }
}

/** Three significant digits, whole numbers whole. */
export function digits(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
