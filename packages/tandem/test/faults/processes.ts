import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RandomStream } from '../../src/random.js';
import { clearLine } from './disk.js';
import { call, finish, type LaunchOptions, launch, lineOf, whatCameOut } from './runs.js';

/** How several processes are begun. */
export interface Launcher {
  readonly processes: number;
  /** Stands before the command; the command itself begins them where there is none. */
  readonly prefix?: readonly string[];
}

/** What became of one run that lost a process. */
export interface Loss {
  readonly signal: NodeJS.Signals;
  readonly rank: number;
  /** How long the others took to end, or undefined where the run was at its end already. */
  readonly seconds: number | undefined;
  /** The last that was said. */
  readonly said: string;
}

const settings = ['--epochs', '3', 'saveSteps=2', '--or-resume'];
const line = (images: string, run: string, { processes, prefix }: Launcher) => [
  ...lineOf('clbo', images, run, settings),
  ...(prefix ? [] : ['--processes', `${processes}`]),
];
const optionsOf = ({ prefix }: Launcher): LaunchOptions => (prefix ? { prefix } : {});

/** What several processes leave where nothing happens to them, and how long they train, in ms. */
export async function undisturbed(images: string, run: string, launcher: Launcher) {
  const child = launch(line(images, run, launcher), optionsOf(launcher));
  await child.started;
  const begun = Date.now();
  const { code, stderr } = await child.ended;
  assert.equal(code, 0, stderr);
  return { wanted: whatCameOut(run), milliseconds: Date.now() - begun };
}

/**
 * Kills or stops a random process of a run at a random moment. All others end with a line that
 * names it; the same command goes on, and what comes out is the same.
 */
export async function loseProcess(
  images: string,
  run: string,
  launcher: Launcher,
  { wanted, milliseconds }: { readonly wanted: object; readonly milliseconds: number },
  random: RandomStream,
): Promise<Loss> {
  const { processes } = launcher;
  const signal = random.next() < 0.5 ? 'SIGKILL' : 'SIGSTOP';
  const rank = random.below(processes);
  const child = launch(line(images, run, launcher), optionsOf(launcher));
  await child.started;
  await Promise.race([sleep(random.below(Math.ceil(milliseconds * 0.8))), child.ended]);
  const ranks = ranksBelow(child.process.pid as number);
  const pid = ranks.get(rank);
  const others = [...ranks].filter(([other]) => other !== rank).map(([, other]) => other);
  if (pid !== undefined) process.kill(pid, signal);
  const at = performance.now();
  while (others.some(isAlive)) await sleep(10);
  const seconds = (performance.now() - at) / 1000;
  // What is stopped does not end by itself: a launcher that waits for it is helped.
  const waited = sleep(30_000).then(() => signal === 'SIGSTOP' && pid !== undefined && kill(pid));
  const { code, stderr } = await Promise.race([child.ended, waited.then(() => child.ended)]);
  const said = stderr.split('\n').findLast((text) => /^tandem: /.test(text)) ?? '';
  const hasEnded = pid === undefined || (code === 0 && !launcher.prefix);
  if (!hasEnded && code !== 0) {
    assert.equal(code, 1, stderr);
    assert.match(said, new RegExp(`process ${rank} of ${processes} on \\S+ has (ended|been silent for 4 s)`), stderr);
  }
  const again = await call(line(images, run, launcher), optionsOf(launcher));
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(whatCameOut(run), wanted, `${signal} of process ${rank}: ${stderr}`);
  rmSync(run, { recursive: true, force: true });
  return { signal, rank, said, seconds: hasEnded ? undefined : seconds };
}

/** The first process's disk is full: all end with its line, and the run resumes. */
export async function fullDiskOfFirst(images: string, run: string, launcher: Launcher, wanted: object): Promise<void> {
  const fault = { kind: 'ENOSPC', path: join(run, 'encoder/'), from: 1, times: 1e9 } as const;
  const { code, stderr } = await call(line(images, run, launcher), { ...optionsOf(launcher), fault });
  assert.equal(code, 1, stderr);
  clearLine(stderr, 'a full disk');
  assert.equal(stderr.match(/^tandem: /gm)?.length, 1, stderr);
  await finish(run);
  const steps = (found: object) => (found as { step: number }).step;
  assert.equal(steps(whatCameOut(run)), steps(wanted));
  rmSync(run, { recursive: true, force: true });
}

/** Processes below one, by their rank. */
function ranksBelow(top: number): Map<number, number> {
  const found = new Map<number, number>();
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((text) => /^\d+$/.test(text))) {
    const parent = /\) \w (\d+)/.exec(read(`/proc/${name}/stat`))?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  for (const pid of parents.keys()) {
    let above: number | undefined = pid;
    while (above !== undefined && above !== top) above = parents.get(above);
    const rank = /(?:^|\0)RANK=(\d+)/.exec(read(`/proc/${pid}/environ`))?.[1];
    if (above === top && pid !== top && rank !== undefined) found.set(Number(rank), pid);
  }
  return found;
}

const isAlive = (pid: number) => /\) [^ZX]/.test(read(`/proc/${pid}/stat`));

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // it has ended
  }
}

function kill(pid: number): void {
  if (isAlive(pid)) process.kill(pid, 'SIGKILL');
}
