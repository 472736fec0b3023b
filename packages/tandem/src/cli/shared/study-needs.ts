import { shownBytes, shownDuration } from '../../errors.js';
import { type Needs, needsOf, type Plan, type PlannedStudy, type Rate, rateHere } from '../../study/index.js';
import { print, printJson } from '../terminal/print.js';

/** How needs are shown. */
export interface ShowingNeeds {
  /** Machines by name, in multiply-adds a second. */
  readonly elsewhere: Readonly<Record<string, number>>;
  readonly json: boolean;
}

/**
 * Tells what each study needs, and all of them together, where runs that they share count once.
 */
export function showNeeds(plan: Plan, folder: string, { elsewhere, json }: ShowingNeeds): void {
  const rate = rateHere(plan, folder);
  const rates = { here: rate.macsPerSecond, ...elsewhere };
  const lines = plan.studies.map((planned) => ({
    name: planned.study.name,
    title: planned.study.title,
    claims: planned.study.claims.map(({ id }) => id),
    impossible: planned.impossible,
    ...withTimes(needsOf(runsOf(planned, plan), folder), rates),
  }));
  const all = withTimes(needsOf(plan.runs, folder), rates);
  if (json) printJson({ scale: plan.scale.name, folder, studies: lines, all, rate });
  else showTable(plan, lines, all, rate);
}

/** What some runs need, and how long that takes. */
interface TimedNeeds extends Needs {
  /** On this machine. */
  readonly seconds: number;
  /** On others, by name; absent where none was asked for. */
  readonly elsewhere?: Readonly<Record<string, number>>;
}

/** One study's line, or that of all. */
interface Line extends TimedNeeds {
  readonly name: string;
  readonly title: string;
  readonly claims: readonly string[];
  readonly impossible: PlannedStudy['impossible'];
}

function showTable({ scale }: Plan, lines: readonly Line[], all: TimedNeeds, rate: Rate): void {
  const total = { name: 'together', title: 'runs that studies share count once', claims: [], impossible: [], ...all };
  const cells = [...lines, ...(lines.length > 1 ? [total] : [])].map((line) => [
    ...[line.name, `${line.done}/${line.runs}`, count(line.steps), count(line.images), shownBytes(line.bytes)],
    ...[line.seconds, ...Object.values(line.elsewhere ?? {})].map(shownDuration),
    ...[line.claims.join(' '), line.title],
  ]);
  const others = Object.keys(all.elsewhere ?? {});
  const heads = ['study', 'runs', 'steps', 'images', 'disk', 'time left', ...others, 'claims', ''];
  const speed = Number((rate.macsPerSecond / 1e9).toPrecision(3));
  print(
    `scale ${scale.name}: ${scale.about}`,
    ...columns([heads, ...cells]),
    `time on this machine, one run at a time, at ${count(speed)} G multiply-adds a second, ${rate.from}`,
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

function withTimes(needs: Needs, { here, ...others }: Readonly<{ here: number } & Record<string, number>>): TimedNeeds {
  const elsewhere = Object.fromEntries(Object.entries(others).map(([name, rate]) => [name, needs.macs / rate]));
  const isAsked = Object.keys(elsewhere).length > 0;
  return { ...needs, seconds: needs.macs / here, ...(isAsked && { elsewhere }) };
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
