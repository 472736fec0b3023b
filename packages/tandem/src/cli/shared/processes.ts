import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { capabilities, distributed } from 'tandem-torch';
import { UsageError, UserError } from '../../errors.js';
import { Exit } from '../terminal/exit.js';
import { tell } from '../terminal/print.js';

/** How long a process may take to end by itself once another is gone, in ms. */
const patienceMilliseconds = 5000;

/** How long the others have to end once one has failed, before they are ended, in ms. */
const graceMilliseconds = 8000;

/** `--processes`: a number, or `auto` for one on each GPU. @throws UsageError for anything else */
export function processCount(text: string): number {
  if (text === 'auto') return Math.max(1, capabilities().cudaDevices);
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new UsageError(`--processes must be a whole number of at least 1, or auto, got ${text}`);
}

/**
 * The process group of this command, where a launcher or `--processes` began it.
 * @throws UserError where the others do not come
 */
export async function joinOthers(): Promise<distributed.ProcessGroup | undefined> {
  // A parent that is gone without a signal takes its children along.
  if (process.env[ours] !== undefined) {
    process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
    process.channel?.unref(); // nor does it wait for its parent
  }
  const group = await distributed.initProcessGroup();
  // Whatever it is doing: reading images, say, when nothing asks for the others.
  group?.onLost((text) => {
    setTimeout(() => {
      tell(`tandem: ${text}`);
      process.exit(1);
    }, patienceMilliseconds).unref();
  });
  return group;
}

/** The flag that `isLaunched` reads. */
export const processesFlag = '--processes <n>';

/** Has the other processes know why this one fails; all leave together. */
export async function tellingGroup<T>(group: distributed.ProcessGroup | undefined, work: () => Promise<T>): Promise<T> {
  if (!group) return work();
  try {
    const done = await work();
    await group.destroy();
    return done;
  } catch (error) {
    const reason = group.explain(error);
    if (group.lost === undefined) await group.fail((error as Error).message.split('\n')[0] ?? '');
    if (reason instanceof distributed.LostProcessError) throw new UserError(reason.message);
    throw error;
  }
}

/** Says to a process that this launcher began it. */
const ours = 'TANDEM_LAUNCHED';

/**
 * Runs the command at hand in several processes, where they are asked for.
 * @throws Exit with the code of the first that failed
 */
export async function isLaunched(processes: string | undefined): Promise<boolean> {
  const count = processes === undefined ? 1 : processCount(processes);
  if (count === 1) return false;
  const code = await launch(withoutProcesses(process.argv.slice(2)), count);
  if (code !== 0) throw new Exit(code);
  return true;
}

function withoutProcesses(words: readonly string[]): string[] {
  return words.filter((word, i) => !/^--processes(=|$)/.test(word) && words[i - 1] !== '--processes');
}

/**
 * Runs this command in several processes on this machine, and waits for their end. The first one
 * has the terminal; of the others only what ended the run is shown.
 * @param words the command line of each
 * @returns the exit code of the first process where that failed, else of the first that did, or 0
 * @throws UsageError inside a launcher that has begun several already
 */
export async function launch(words: readonly string[], processes: number): Promise<number> {
  const place = distributed.placeOf();
  if (place) {
    throw new UsageError(`--processes: ${place.launcher} has begun ${place.size} processes already; leave it out`);
  }
  const port = await distributed.freePort();
  const threads = Math.max(1, Math.floor(Number(process.env.TANDEM_THREADS ?? availableParallelism()) / processes));
  const children = Array.from({ length: processes }, (_, rank) =>
    begin(words, rank, {
      ...process.env,
      ...{ RANK: `${rank}`, LOCAL_RANK: `${rank}`, WORLD_SIZE: `${processes}` },
      ...{ MASTER_ADDR: '127.0.0.1', MASTER_PORT: `${port}`, TANDEM_THREADS: `${threads}`, [ours]: '1' },
    }),
  );
  const release = passSignalsTo(children);
  try {
    return await endOf(children);
  } finally {
    release();
  }
}

/** What another process than the first said, for the case that it is the one to blame. */
interface Begun {
  readonly child: ChildProcess;
  readonly said: () => string;
}

function begin(words: readonly string[], rank: number, env: NodeJS.ProcessEnv): Begun {
  const isFirst = rank === 0;
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] as string, ...words], {
    env,
    // Of a terminal's signals each gets one, which this process passes on.
    detached: true,
    stdio: isFirst ? ['ignore', 'inherit', 'inherit', 'ipc'] : ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.on('data', (data) => {
    said = (said + data).slice(-4096);
  });
  return { child, said: () => said.trim().split('\n').at(-1) ?? '' };
}

function passSignalsTo(children: readonly Begun[]): () => void {
  const pass = (signal: NodeJS.Signals) => {
    for (const { child } of children) child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, pass);
  return () => {
    for (const signal of signals) process.off(signal, pass);
  };
}

/**
 * Once one has failed the others know it within seconds, and the first ends well when all is done;
 * what is stopped cannot end itself.
 */
async function endOf(children: readonly Begun[]): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  let failed: { readonly code: number; readonly rank: number } | undefined;
  let isDone = false;
  const ends = children.map(async ({ child }, rank) => {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    isDone ||= rank === 0 && code === 0;
    if (code !== 0 && !(isDone && signal !== null)) failed ??= { code: code ?? 1, rank };
    if (!isDone && !failed) return;
    timer ??= setTimeout(() => {
      for (const other of children) other.child.kill('SIGKILL');
    }, graceMilliseconds);
  });
  await Promise.all(ends);
  clearTimeout(timer);
  const last = failed as { code: number; rank: number } | undefined;
  if (last === undefined) return 0;
  // The first process has said itself what ended it, unless it was killed.
  const first = children[0] as Begun;
  if (first.child.signalCode !== null) {
    const said = children
      .slice(1)
      .map((one) => one.said())
      .find((line) => line !== '');
    tell(said ?? `tandem: process 0 was ended by ${first.child.signalCode}`);
  } else if (first.child.exitCode === 0) tell(children[last.rank]?.said() ?? '');
  return first.child.exitCode || last.code;
}
