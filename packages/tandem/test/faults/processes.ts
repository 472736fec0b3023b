import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { distributed } from 'tandem-torch';
import type { RandomStream } from '../../src/random.js';
import type { Outcome } from '../cli/running.js';
import { clearLine, smallDisk } from './disk.js';
import { call, type LaunchOptions, launch, lineOf, savedStep, whatCameOut } from './runs.js';

/** How several processes are begun. */
export interface Launcher {
  readonly name: string;
  readonly processes: number;
  /** Stands before the command; the command itself begins them where there is none. */
  readonly prefix?: readonly string[];
  /** Whether it begins them again when they fail. */
  readonly restarts?: boolean;
}

const twoHosts = [process.execPath, fileURLToPath(new URL('./two-hosts.js', import.meta.url))];
const torchrun = ['torchrun', '--no_python', '--standalone', '--nproc_per_node', '3', '--max_restarts', '5'];

/** By what a run may be begun. Those of two hosts need root; torchrun must be on PATH. */
export const launchers: readonly Launcher[] = [
  { name: 'processes', processes: 3 },
  { name: 'torchrun', processes: 3, prefix: torchrun, restarts: true },
  { name: 'two-hosts', processes: 4, prefix: [...twoHosts, 'env'] },
  { name: 'two-hosts-torchrun', processes: 4, prefix: [...twoHosts, 'torchrun'], restarts: true },
];

/** What became of one run that lost a process. */
export interface Loss {
  readonly launcher: string;
  readonly processes: number;
  readonly signal: NodeJS.Signals;
  readonly rank: number;
  /** Steps that were saved when it was lost. */
  readonly savedStep: number;
  /** How long the others took to end, or undefined where the run was at its end already. */
  readonly seconds: number | undefined;
  /** The line that named it; none where the launcher ended all before they knew. */
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
  const { name, processes, restarts } = launcher;
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
  const saved = savedStep(run);
  while (others.some(isAlive)) await sleep(10);
  const seconds = (performance.now() - at) / 1000;
  // What is stopped does not end by itself: a launcher that does not end it is helped.
  const isHelped = launcher.prefix !== undefined && signal === 'SIGSTOP' && pid !== undefined;
  if (isHelped) setTimeout(() => kill(pid), 1000);
  const { code, stderr } = await child.ended;
  const named = new RegExp(`^.*(process ${rank} of ${processes} on \\S+ has (ended|been silent for 4 s).*)$`, 'm');
  const said = named.exec(stderr)?.[1] ?? '';
  const wasAtEnd = pid === undefined || (code === 0 && said === '' && !restarts);
  if (!wasAtEnd) {
    assert.equal(code, restarts ? 0 : 1, stderr);
    // A launcher that restarts ends the others itself, at times before they have said a word.
    if (!restarts) assert.notEqual(said, '', stderr);
  }
  const again = await call(line(images, run, launcher), optionsOf(launcher));
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(whatCameOut(run), wanted, `${signal} of process ${rank}: ${stderr}`);
  rmSync(run, { recursive: true, force: true });
  return { launcher: name, processes, signal, rank, savedStep: saved, said, seconds: wasAtEnd ? undefined : seconds };
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
    const launcher = { name: 'processes', processes: 2 };
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

/** Appends what was found to a list in a file. */
export function record(file: string, loss: Loss): void {
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Loss[]) : [];
  writeFileSync(file, `[\n${[...before, loss].map((one) => `  ${JSON.stringify(one)}`).join(',\n')}\n]\n`);
}

/** What a file of losses comes to, in Markdown. */
export function summaryOf(file: string): string {
  const all = JSON.parse(readFileSync(file, 'utf8')) as Loss[];
  const rows = launchers.flatMap(({ name, processes }) =>
    (['SIGKILL', 'SIGSTOP'] as const).flatMap((signal) => {
      const own = all.filter((loss) => loss.launcher === name && loss.signal === signal);
      if (own.length === 0) return [];
      const times = own.flatMap(({ seconds }) => seconds ?? []).sort((a, b) => a - b);
      const shown = [times[Math.floor(times.length / 2)], times.at(-1)].map((x) => x?.toFixed(1) ?? '');
      const named = own.filter(({ said }) => said !== '').length;
      return [[name, processes, signal, own.length, own.length - times.length, ...shown, named].join(' | ')];
    }),
  );
  const head = ['launcher', 'processes', 'signal', 'times', 'at its end already', 'median, s', 'most, s', 'named'];
  const lines = [head.join(' | '), head.map(() => '---').join(' | '), ...rows];
  return lines.map((line) => `| ${line} |`).join('\n');
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
