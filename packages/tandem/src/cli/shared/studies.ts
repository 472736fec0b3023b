import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { defined } from '../../defined.js';
import { shown, UsageError } from '../../errors.js';
import {
  type FoundStudy,
  markdownOf,
  type Plan,
  plainOutcome,
  planStudies,
  type QueueState,
  readScale,
  workOff,
  writeOutcome,
} from '../../study/index.js';
import { Exit } from '../terminal/exit.js';
import { print, printJson, tell } from '../terminal/print.js';
import { progress } from '../terminal/progress.js';
import { abortOnSignals } from '../terminal/signals.js';
import { wholeNumber } from './arguments.js';
import { showNeeds } from './study-needs.js';

/** What commands that run studies are given. */
export interface StudyFlags {
  scale: string;
  out?: string;
  parallel: number;
  seeds?: number;
  only?: string;
  images?: string[];
  dataRoot?: string;
  device?: string;
  thin?: true;
  dryRun?: true;
  on?: string[];
  resultsOnly?: true;
  json?: true;
}

/** Adds the flags of commands that run studies. */
export function withStudyFlags(command: Command): Command {
  return command
    .option('--scale <name>', 'tiny, small or full, or a file of yours: how much smaller than it says', 'small')
    .option('--out <folder>', 'where runs and results are kept; again the same to go on (default: studies/<scale>)')
    .option(
      '--parallel <n>',
      'runs beside each other, each with its share of the threads',
      wholeNumber('--parallel'),
      1,
    )
    .option('--seeds <n>', "seeds of each run (default: the scale's)", wholeNumber('--seeds'))
    .option('--only <names>', 'only these rows, or values of the x axis, with commas between')
    .option(
      '--images <name=images...>',
      'where a data set is, or what stands in for it, such as imagenet100=pictures; may be given again',
    )
    .option('--data-root <folder>', 'where named data sets are looked for first')
    .option('--device <name>', 'auto, cpu, cuda, cuda:1 or mps (default: auto)')
    .option('--thin', 'a run that is measured loses its checkpoint and the encoders that it kept over time')
    .option('--dry-run', 'tell what it would take, and train nothing')
    .option('--on <name=rate...>', 'with --dry-run, the time elsewhere too, by the rate that this command tells there')
    .option('--results-only', 'write tables, figures and verdicts of what is done, and train nothing')
    .option('--json', 'one JSON object with the result on stdout');
}

/** The plan of studies with these flags, and its folder. */
export function planFor(studies: readonly FoundStudy[], flags: StudyFlags): { plan: Plan; folder: string } {
  const scale = readScale(flags.scale);
  const plan = planStudies(studies, scale, {
    seeds: flags.seeds,
    only: flags.only?.split(',').map((name) => name.trim()),
    images: imagesOf(flags.images ?? []),
    settings: defined({ dataRoot: flags.dataRoot, device: flags.device }),
  });
  if (plan.runs.length === 0)
    throw new UsageError(`--only ${flags.only}: no row and no value of the x axis is so called`);
  return { plan, folder: flags.out ?? join('studies', scale.name) };
}

/**
 * Runs studies to their end, writes what came out, and tells it.
 * @param name of the folder of their results
 */
export async function runStudies(name: string, studies: readonly FoundStudy[], flags: StudyFlags): Promise<void> {
  const { plan, folder } = planFor(studies, flags);
  if (flags.dryRun) return listNeeds(plan, folder, flags);
  if (!flags.resultsOnly) await work(plan, folder, flags);
  const { outcomes, page } = await writeOutcome(name, plan, folder);
  if (flags.json) printJson({ page, studies: outcomes.map(plainOutcome) });
  else print(...outcomes.flatMap((outcome) => markdownOf(outcome).split('\n')));
  tell(`results: ${page}`);
  const failed = new Set(outcomes.flatMap(({ failures }) => failures.map(({ id }) => id))).size;
  if (failed > 0 && !flags.resultsOnly) {
    tell(
      `${failed} of ${plan.runs.length} runs failed twice; the page says why, and the same command tries them again`,
    );
    throw new Exit(1);
  }
}

/** Tells what studies would take, and trains nothing. */
export function listNeeds(plan: Plan, folder: string, { on = [], json }: StudyFlags): void {
  showNeeds(plan, folder, { elsewhere: ratesOf(on), json: json === true });
}

async function work(plan: Plan, folder: string, { parallel, thin }: StudyFlags): Promise<void> {
  const bar = progress('work');
  const { signal, exitCode, release } = abortOnSignals(
    'stopping after the steps at hand; the same command goes on',
    bar.say,
  );
  try {
    const threads = Number(process.env.TANDEM_THREADS) || availableParallelism();
    const { interrupted } = await workOff(plan, {
      ...{ folder, parallel, thin, signal },
      threads: Math.max(1, Math.floor(threads / parallel)),
      onNote: bar.say,
      onChange: (state) => bar.update(Math.round(1000 * state.finished) / 10, 100, noteOf(state)),
    });
    if (interrupted) throw new Exit(exitCode());
  } finally {
    bar.stop();
    release();
  }
}

function noteOf({ done, total, failed, active }: QueueState): string {
  const running = active.map(({ id, share, note }) => `${id} ${note} (${Math.round(100 * share)} %)`);
  return [`${done} of ${total} runs`, ...(failed > 0 ? [`${failed} failed`] : []), ...running].join('; ');
}

/** `name=images` by name. @throws UsageError for anything else */
function imagesOf(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(given.map((text) => pairOf(text, '--images must be name=images')));
}

/** `name=rate` by name, in multiply-adds a second. @throws UsageError for anything else */
function ratesOf(given: readonly string[]): Record<string, number> {
  const what = '--on must be name=rate, the rate in G multiply-adds a second';
  return Object.fromEntries(
    given.map((text) => {
      const [name, rate] = pairOf(text, what);
      if (!(Number(rate) > 0 && Number.isFinite(Number(rate)))) throw new UsageError(`${what}, got ${shown(text)}`);
      return [name, Number(rate) * 1e9];
    }),
  );
}

function pairOf(text: string, what: string): [name: string, value: string] {
  const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new UsageError(`${what}, got ${shown(text)}`);
  return [name, value];
}
