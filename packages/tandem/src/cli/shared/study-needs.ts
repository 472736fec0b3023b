import { shownBytes, shownDuration } from '../../errors.js';
import { type Needs, needsOf, type Plan, type PlannedStudy, rateHere } from '../../study/index.js';
import { print, printJson } from '../terminal/print.js';

/**
 * Tells what each study needs, and all of them together, where runs that they share count once.
 */
export function showNeeds(plan: Plan, folder: string, json: boolean): void {
  const rate = rateHere(plan, folder);
  const lines = plan.studies.map((planned) => ({
    name: planned.study.name,
    title: planned.study.title,
    claims: planned.study.claims.map(({ id }) => id),
    impossible: planned.impossible,
    ...withTime(needsOf(runsOf(planned, plan), folder), rate.macsPerSecond),
  }));
  const all = withTime(needsOf(plan.runs, folder), rate.macsPerSecond);
  if (json) printJson({ scale: plan.scale.name, folder, studies: lines, all, rate });
  else showTable(plan, lines, all, rate.from);
}

/** One study's line, or that of all. */
interface Line extends Needs {
  readonly name: string;
  readonly title: string;
  readonly claims: readonly string[];
  readonly impossible: PlannedStudy['impossible'];
  readonly seconds: number;
}

function showTable(
  { scale }: Plan,
  lines: readonly Line[],
  all: Needs & Pick<Line, 'seconds'>,
  rateFrom: string,
): void {
  const total = { name: 'together', title: 'runs that studies share count once', claims: [], impossible: [], ...all };
  const cells = [...lines, ...(lines.length > 1 ? [total] : [])].map((line) => [
    ...[line.name, `${line.done}/${line.runs}`, count(line.steps), count(line.images), shownBytes(line.bytes)],
    ...[shownDuration(line.seconds), line.claims.join(' '), line.title],
  ]);
  const heads = ['study', 'runs', 'steps', 'images', 'disk', 'time left', 'claims', ''];
  print(
    `scale ${scale.name}: ${scale.about}`,
    ...columns([heads, ...cells]),
    `time on this machine, one run at a time, ${rateFrom}`,
    ...lines.flatMap(({ name, impossible }) =>
      impossible.map(({ cell, why }) => `left out of ${name}: ${cell}: ${why}`),
    ),
  );
}

/** All runs of a study, those that its own need among them. */
function runsOf({ cells }: PlannedStudy, { runs }: Plan) {
  const used = new Set(cells.flatMap((cell) => cell.runs.flatMap((run) => [run, ...Object.values(run.needs)])));
  for (const run of used) for (const need of Object.values(run.needs)) used.add(need);
  return runs.filter((run) => used.has(run));
}

function withTime(needs: Needs, macsPerSecond: number) {
  return { ...needs, seconds: needs.macs / macsPerSecond };
}

function columns(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i] as number))
      .join('  ')
      .trimEnd(),
  );
}

const count = (n: number) => n.toLocaleString('en');
