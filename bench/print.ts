import { type Goal, isMet, type Table } from './suite.js';

/** A table in columns: the first to the left, the others to the right. */
export function printTable({ title, head, rows }: Table): void {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number))).join('  ');
  console.log(`\n${title}\n`);
  console.log(line(head));
  console.log(widths.map((width) => '-'.repeat(width)).join('  '));
  for (const row of rows) console.log(line(row));
}

export function printGoals(goals: readonly Goal[]): void {
  if (goals.length > 0) console.log();
  for (const goal of goals) {
    const wanted = goal.atLeast === undefined ? `at most ${goal.atMost}` : `at least ${goal.atLeast}`;
    console.log(`${isMet(goal) ? 'met   ' : 'MISSED'}  ${goal.name}: ${digits(goal.measured)}, wanted ${wanted}`);
  }
}

/** Three significant digits, whole numbers whole. */
export function digits(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
