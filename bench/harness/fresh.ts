// Some training steps in a process of their own:
// `node fresh.js '{"dataRoot": ..., "steps": 2, "config": {...}}'`; prints what they took.
import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { distributed } from 'tandem-torch';
import { loadImages } from 'tandem-vision/internal';
import { describeMachine, type Machine } from './machine.js';
import { peakMiB, proportionalMiB } from './memory.js';
import { configOf, openTrainer, type Step } from './trainer.js';

interface Work {
  readonly dataRoot: string;
  readonly steps: number;
  readonly config: Readonly<Record<string, unknown>>;
}

/** What a fresh process took. */
export interface Fresh {
  /** Reading the images and building the networks. */
  readonly setUpSeconds: number;
  /** Of each step; the first allocates, and prepares kernels. */
  readonly stepSeconds: readonly number[];
  /** Of the first step. */
  readonly loss: number | undefined;
  /** Of each step, when it waited for other processes. */
  readonly waits: readonly (readonly distributed.Wait[])[];
  /** All that the process ever held. */
  readonly peakMiB: number;
  /** What it holds at the end, its part of what it shares with others; NaN where nobody knows. */
  readonly proportionalMiB: number;
  readonly machine: Machine;
}

/** The folder of this checkout. */
const here = fileURLToPath(new URL('../../..', import.meta.url));

/** From a checkout's root: where this file's compiled form lies, and where it lay in older ones. */
const freshPaths = ['bench/dist/harness/fresh.js', 'bench/dist/fresh.js'] as const;

/** The script of a checkout that measures one process, or undefined where none was compiled. */
export function freshScript(checkout: string): string | undefined {
  return freshPaths.map((path) => join(checkout, path)).find(existsSync);
}

/** Has a fresh process do it, of this checkout or another. */
export async function inFreshProcess(
  work: Work,
  checkout = here,
  env: Readonly<Record<string, string>> = {},
): Promise<Fresh> {
  const script = realpathSync(freshScript(checkout) ?? join(checkout, freshPaths[0]));
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(work)], {
    // libgomp's default, which the engine shortens beside others: all are to wait alike,
    // whatever the load when one begins.
    env: { GOMP_SPINCOUNT: '300000', ...process.env, ...env },
  });
  return JSON.parse(stdout) as Fresh;
}

async function measure({ dataRoot, steps, config }: Work): Promise<Fresh> {
  const begun = performance.now();
  const group = await distributed.initProcessGroup();
  const images = await loadImages(configOf({ ...config, dataRoot }), { group });
  const trainer = openTrainer(config, images, group);
  const setUpSeconds = (performance.now() - begun) / 1000;
  const taken: Step[] = [];
  const waits: distributed.Wait[][] = [];
  for (let i = 0; i < steps; i++) {
    group?.takeWaits();
    taken.push(await trainer.step());
    waits.push(group?.takeWaits() ?? []);
  }
  const memory = { peakMiB: peakMiB(), proportionalMiB: proportionalMiB() };
  group?.barrier(); // what each holds is read while all are there
  await trainer.end();
  await group?.destroy();
  const stepSeconds = taken.map(({ seconds }) => seconds);
  return { setUpSeconds, stepSeconds, waits, loss: taken[0]?.loss, ...memory, machine: describeMachine() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] as string) as Work)));
}
