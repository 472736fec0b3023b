import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCheckpoint } from '../../src/train/checkpoint.js';
import { metricsOf, type Outcome } from '../cli/running.js';
import type { Fault } from './preload.js';

const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const preload = new URL('./preload.js', import.meta.url).href;

/** A network so small that starting the process takes most of the time. */
export const least = ['backbone=resnet8', 'width=4', 'stem=strided', 'size=16', '--batch', '8'];

/** What differs from method to method: small heads, and banks that fit the batch. */
export const cases: Readonly<Record<string, readonly string[]>> = {
  clbo: ['projHidden=16', 'projDim=16'],
  'clbo reestimated': [
    '--method',
    'clbo',
    'projHidden=16',
    'projDim=16',
    'teacherBn=reestimated',
    'epochMode=k-steps',
    'lookahead=3',
  ],
  'clbo restart': [
    ...['--method', 'clbo', 'projHidden=16', 'projDim=16', 'predictor=true', 'epochMode=one-pass'],
    ...['studentStart=restart', 'momentumAcrossRounds=reset', 'optimizer=lars', 'exclude=vectors'],
  ],
  simclr: ['projHidden=16', 'projDim=16', 'optimizer=adamw'],
  moco: ['projHidden=16', 'projDim=16', 'bank=32', 'bnSplits=4'],
  byol: ['projHidden=16', 'projDim=16', 'predHidden=16', 'optimizer=lars'],
  simsiam: ['projHidden=16', 'projDim=16', 'predHidden=8'],
  moby: ['projHidden=16', 'projDim=16', 'predHidden=16', 'bank=32', 'optimizer=adamw'],
  'barlow-twins': ['projHidden=16', 'projDim=16'],
  vicreg: ['projHidden=16', 'projDim=16'],
  's2bnn co-trained': [
    ...['--method', 's2bnn', 'strategy=both', 'coTrained=resnet8', 'coTrainedWidth=4', 'projDim=16'],
    ...['bank=32', 'bnSplits=4'],
  ],
  supervised: [],
};

/** The command line of a case. */
export function lineOf(name: string, images: string, out: string, more: readonly string[] = []): string[] {
  const settings = cases[name] as readonly string[];
  const method = settings.includes('--method') ? [] : ['--method', name];
  return ['pretrain', images, ...least, ...method, ...settings, ...more, '--out', out];
}

/** A command line in a process of its own. */
export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Outcome>;
  /** Resolves when the first step is near: the run folder is made and the networks are there. */
  readonly started: Promise<void>;
}

/** How a command line is started. */
export interface LaunchOptions {
  readonly fault?: Fault | undefined;
  /** Stands before the command. */
  readonly prefix?: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** In place of the command line's own. */
  readonly program?: string;
}

export function launch(
  argv: readonly string[],
  { fault, prefix = [], cwd, env: more = {}, program = main }: LaunchOptions = {},
): Running {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const command = [...prefix, process.execPath, ...(fault ? ['--import', preload] : []), program, ...argv];
  const child = spawn(command[0] as string, command.slice(1), {
    cwd,
    env: { ...env, ...more, TANDEM_THREADS: '1', OMP_NUM_THREADS: '1', TANDEM_FAULT: JSON.stringify(fault ?? null) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  let begin = () => {};
  const started = new Promise<void>((resolve) => {
    begin = resolve;
  });
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
    if (stderr.includes('run folder ')) begin();
  });
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      begin();
      resolve({ code, signal, stdout, stderr });
    });
  });
  return { process: child, ended, started };
}

/** Runs a command line to its end. */
export function call(argv: readonly string[], options: Parameters<typeof launch>[1] = {}): Promise<Outcome> {
  return launch(argv, options).ended;
}

/**
 * Everything that a run leaves, times aside: bits of all tensors, steps, encoders, and metrics
 * unless they are damaged.
 */
export function whatCameOut(run: string, isDamaged = false): object {
  const { step, tensors } = readCheckpoint(join(run, 'checkpoint', 'state.safetensors'));
  const bits = Object.entries(tensors).map(([name, x]) => [name, createHash('sha256').update(x.bytes()).digest('hex')]);
  for (const x of Object.values(tensors)) x.dispose();
  const encoders = ['encoder', 'student', 'teacher'].map((which) => {
    const file = join(run, 'encoder', `${which}.safetensors`);
    return [which, existsSync(file) && createHash('sha256').update(readFileSync(file)).digest('hex')];
  });
  const metrics = (isDamaged ? [] : metricsOf(run)).map(({ seconds: _s, imagesPerSecond: _i, ...rest }) => rest);
  return { step, bits: Object.fromEntries(bits), encoders: Object.fromEntries(encoders), metrics };
}

/** The step of the newest whole checkpoint, 0 where there is none. Files are left as they are. */
export function savedStep(run: string): number {
  for (const name of ['state', 'previous']) {
    try {
      const { step, tensors } = readCheckpoint(join(run, 'checkpoint', `${name}.safetensors`));
      for (const x of Object.values(tensors)) x.dispose();
      return step;
    } catch {
      // the other one
    }
  }
  return 0;
}

/** Whether times grow from line to line of the metrics, and rates are above zero. */
export function metricsAreTimed(run: string): boolean {
  const lines = metricsOf(run);
  const times = [0, ...lines.map(({ seconds = Number.NaN }) => seconds)];
  const areGrowing = times.slice(1).every((time, i) => time > (times[i] as number));
  return areGrowing && lines.every(({ imagesPerSecond = Number.NaN }) => imagesPerSecond > 0);
}

/** Goes on until the run is at its end. @returns all that was said */
export async function finish(run: string, fault?: Fault): Promise<string> {
  const { code, stderr } = await call(['resume', run], fault && { fault });
  if (code !== 0 && /is at its end/.test(stderr)) return stderr;
  assert.equal(code, 0, stderr);
  return stderr;
}
