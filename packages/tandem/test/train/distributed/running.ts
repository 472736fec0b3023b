import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { distributed, io, scope } from 'tandem-torch';
import type { Subject, Task } from './worker.js';

/** How much two runs differ at most: over a tensor, in parts of its largest element or of 1e-4. */
export interface Deviations {
  readonly loss: number;
  readonly gradient: number;
  readonly state: number;
}

/** Starts a compiled file in several processes. Each has one thread. */
export async function start(file: string, args: readonly string[], processes: number): Promise<ChildProcess[]> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const port = await distributed.freePort();
  return Array.from({ length: processes }, (_, rank) =>
    spawn(process.execPath, [file, ...args], {
      env: {
        ...{ ...env, TANDEM_THREADS: '1', RANK: `${rank}`, LOCAL_RANK: `${rank}`, WORLD_SIZE: `${processes}` },
        ...{ MASTER_ADDR: '127.0.0.1', MASTER_PORT: `${port}` },
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}

/** How a process ended, and what it said. */
export async function ended(child: ChildProcess): Promise<{ code: number | null; text: string }> {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (text += data));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text };
}

/** Trains the subjects in so many processes. @throws Error where one of them fails */
export async function trainTogether(task: Task, processes: number): Promise<void> {
  const file = fileURLToPath(new URL('./worker.js', import.meta.url));
  const children = await start(file, [JSON.stringify(task)], processes);
  const ends = await Promise.all(children.map(ended));
  const failed = ends.flatMap(({ code, text }, rank) =>
    code === 0 ? [] : [`process ${rank} ended with ${code}: ${text}`],
  );
  if (failed.length > 0) throw new Error(failed.join('\n'));
}

/**
 * What the subjects come to in several processes, against one.
 * @param counts numbers of processes; 1 is a group of one
 * @returns by title, for each count
 */
export async function deviations(
  folder: string,
  task: Omit<Task, 'out'>,
  counts: readonly number[],
): Promise<Map<string, Deviations[]>> {
  const out = (name: number | string) => join(folder, `${task.dtype}-${task.steps}-${name}`);
  await trainTogether({ ...task, out: out('alone') }, 1);
  for (const processes of counts) {
    await trainTogether({ ...task, isGroup: processes === 1, out: out(processes) }, processes);
  }
  return compared(task, out('alone'), counts.map(out));
}

/**
 * How far one process comes from itself where its parameters begin with another rounding: the most
 * of so many draws.
 */
export async function roundings(
  folder: string,
  task: Omit<Task, 'out'>,
  draws: number,
): Promise<Map<string, Deviations>> {
  const out = (name: string) => join(folder, `${task.dtype}-${task.steps}-${name}`);
  const noise = task.dtype === 'float32' ? 2 ** -24 : 2 ** -53;
  const names = Array.from({ length: draws }, (_, draw) => out(`noise-${draw}`));
  await trainTogether({ ...task, out: out('alone') }, 1);
  for (const [draw, name] of names.entries()) await trainTogether({ ...task, noise, draw, out: name }, 1);
  const most = (all: readonly Deviations[], of: keyof Deviations) => Math.max(...all.map((one) => one[of]));
  return new Map(
    [...compared(task, out('alone'), names)].map(([title, all]) => [
      title,
      { loss: most(all, 'loss'), gradient: most(all, 'gradient'), state: most(all, 'state') },
    ]),
  );
}

function compared({ subjects }: Pick<Task, 'subjects'>, alone: string, others: readonly string[]) {
  const file = (name: string, i: number) => `${name}.${i}.safetensors`;
  return new Map(
    subjects.map(({ title }, i) => [title, others.map((other) => between(file(alone, i), file(other, i)))]),
  );
}

function between(first: string, second: string): Deviations {
  return scope(() => {
    const [one, other] = [io.loadSafetensors(first).tensors, io.loadSafetensors(second).tensors];
    const most = { loss: 0, gradient: 0, state: 0 };
    // Of what is 0 but for rounding, such as the gradient of a bias before a norm.
    const floor = 1e-4;
    if (String(Object.keys(one).sort()) !== String(Object.keys(other).sort())) throw new Error('other tensors');
    for (const [name, x] of Object.entries(one)) {
      const kind = name.split('.')[0] as keyof Deviations;
      const [a, b] = [x, other[name]].map((y) => Array.from(y?.data() ?? [], Number)) as [number[], number[]];
      const scale = a.reduce((largest, value) => Math.max(largest, Math.abs(value)), floor);
      a.forEach((value, i) => {
        const deviation = Math.abs(value - (b[i] as number)) / scale;
        // NaN in one of them is no agreement.
        if (!(deviation <= most[kind])) most[kind] = Number.isNaN(deviation) ? Number.POSITIVE_INFINITY : deviation;
      });
    }
    return most;
  });
}

export const frozen = { teacher: 'frozen' };
const small = { projHidden: 8, projDim: 8, predHidden: 8, bank: 48, bnSplits: 2, lambda0: 0.1, prototypes: 16 };

/** Settings of a subject; a method takes of `small` what it knows. */
export function subject(
  method: string,
  settings: Readonly<Record<string, unknown>>,
  more: Partial<Subject> = {},
  known: Readonly<Record<string, unknown>> = {},
): Subject {
  const own = Object.fromEntries(Object.entries(small).filter(([key]) => Object.hasOwn(known, key)));
  return { title: method, ...more, settings: { method, ...own, ...settings } };
}
