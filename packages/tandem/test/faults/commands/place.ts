import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../src/cli/program.js';
import { stream } from '../../../src/random.js';
import { encoderFile, type Outcome, pictures } from '../../cli/running.js';
import { type LaunchOptions, launch, type Running } from '../runs.js';
import type { Subject } from './subjects.js';

/** Where the cases work: each has a folder of its own, made anew from one that stays as it is. */
export interface Workshop {
  /** A fresh folder with all that commands need; the one of the case before goes. */
  fresh(at?: string): string;
  /** Where `fresh` makes it. */
  readonly place: string;
}

const least = ['backbone=resnet8', 'width=4', 'stem=strided', 'size=16', '--batch', '8', 'projHidden=16', 'projDim=16'];

/** Pictures, an encoder, a run that is whole, one with a classifier, and one that was killed. */
export async function workshop(folder: string): Promise<Workshop> {
  const [model, place] = [join(folder, 'model'), join(folder, 'place')];
  mkdirSync(model, { recursive: true });
  await pictures(join(model, 'pictures'), 12);
  encoderFile(join(model, 'encoder.safetensors'));
  tinyFashion(join(model, 'data', 'fashion-mnist'));
  const line = ['pretrain', 'pictures', ...least, '--epochs', '2', 'saveSteps=2'];
  const whole = await start({ line: [...line, '--out', 'run'] }, model).ended;
  assert.equal(whole.code, 0, whole.stderr);
  const fault = { kind: 'kill', path: 'checkpoint/', calls: ['rename'], from: 5, times: 1 } as const;
  const killed = await start({ line: [...line, '--out', 'killed'] }, model, { fault }).ended;
  assert.equal(killed.signal, 'SIGKILL', killed.stderr);
  cpSync(join(model, 'run'), join(model, 'classified'), { recursive: true });
  const linear = ['linear', 'classified', 'pictures', '--protocol', 'features', '--epochs', '3', '--batch', '8'];
  const classified = await start({ line: linear }, model).ended;
  assert.equal(classified.code, 0, classified.stderr);
  const fresh = (at = place) => {
    if (at === place) rmSync(at, { recursive: true, force: true });
    cpSync(model, at, { recursive: true, preserveTimestamps: true });
    return at;
  };
  return { fresh, place };
}

/** A command in a folder, which knows of no other caches and data. */
export function start(
  { line, program }: Pick<Subject, 'line' | 'program'>,
  place: string,
  options: LaunchOptions = {},
): Running {
  const env = {
    XDG_CACHE_HOME: join(place, 'home'),
    TANDEM_DATA: join(place, 'data'),
    TANDEM_OFFLINE: '1',
    UV_THREADPOOL_SIZE: '2',
  };
  return launch(line, { ...options, ...(program !== undefined && { program }), cwd: place, env });
}

/** A command, to its end. */
export function call(...given: Parameters<typeof start>): Promise<Outcome> {
  return start(...given).ended;
}

/**
 * The same in this process, which starts several times faster; programs of their own stay so. What
 * is written to the console meanwhile is the command's.
 */
export async function here(one: Pick<Subject, 'line' | 'program'>, place: string): Promise<Outcome> {
  if (one.program !== undefined) return call(one, place);
  const from = process.cwd();
  const { log, error } = console;
  const { write } = process.stderr;
  let [stdout, stderr] = ['', ''];
  console.log = (line: string) => {
    stdout += `${line}\n`;
  };
  console.error = (line: string) => {
    stderr += `${line}\n`;
  };
  process.stderr.write = (text: string | Uint8Array) => {
    stderr += text;
    return true;
  };
  process.chdir(place);
  try {
    return { code: await run([...one.line]), stdout, stderr };
  } finally {
    process.chdir(from);
    Object.assign(console, { log, error });
    process.stderr.write = write;
  }
}

/** As many pictures of Fashion-MNIST's form as the demo needs for two steps an epoch. */
function tinyFashion(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, count] of [
    ['train', 256],
    ['t10k', 20],
  ] as const) {
    const random = stream(count);
    const head = (magic: number, ...sizes: number[]) => {
      const bytes = Buffer.alloc(4 + 4 * sizes.length);
      for (const [i, value] of [magic, ...sizes].entries()) bytes.writeUInt32BE(value, 4 * i);
      return bytes;
    };
    const pixels = Buffer.from(Uint8Array.from({ length: count * 784 }, () => random.below(256)));
    writeFileSync(join(folder, `${name}-images-idx3-ubyte`), Buffer.concat([head(0x803, count, 28, 28), pixels]));
    const labels = Buffer.from(Uint8Array.from({ length: count }, (_, i) => i % 10));
    writeFileSync(join(folder, `${name}-labels-idx1-ubyte`), Buffer.concat([head(0x801, count), labels]));
  }
}
