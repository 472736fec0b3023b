import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { distributed } from 'tandem-torch';
import type { RandomStream } from '../../src/random.js';
import type { Outcome } from '../cli/running.js';
import { clearLine, smallDisk } from './disk.js';
import { call, type LaunchOptions, launch, lineOf, whatCameOut } from './runs.js';

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

/**
 * The disk of the first of two processes is really full: both end with its line. Once there is room
 * two go on, and what comes out is the same.
 * @returns false where no file system can be mounted
 */
export async function fullDiskOfFirst(images: string, folder: string): Promise<boolean> {
  const disk = smallDisk(join(folder, 'disk'), 96 * 1024);
  if (!disk) return false;
  try {
    const run = join(folder, 'disk', 'run');
    const port = await distributed.freePort();
    const place = { WORLD_SIZE: '2', MASTER_ADDR: '127.0.0.1', MASTER_PORT: `${port}` };
    const words = [...lineOf('clbo', images, run, settings)];
    const [first, second] = (await Promise.all(
      ['0', '1'].map((rank) => call(words, { env: { ...place, RANK: rank, LOCAL_RANK: rank } })),
    )) as [Outcome, Outcome];
    assert.equal(first.code, 1, first.stderr);
    clearLine(first.stderr, 'a full disk');
    assert.equal(second.code, 1, second.stderr);
    assert.match(second.stderr, /^tandem: process 0 of 2 on \S+: .*could not be written: .*ENOSPC/m);
    disk.resize(2 ** 26);
    const launcher = { processes: 2 };
    const { wanted } = await undisturbed(images, join(folder, 'undisturbed'), launcher);
    const again = await call(line(images, run, launcher));
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(whatCameOut(run), wanted);
    return true;
  } finally {
    disk.remove();
    rmSync(folder, { recursive: true, force: true });
  }
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
