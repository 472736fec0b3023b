// Some training steps in a process of their own: `node fresh.js '{"dataRoot": ..., "steps": 2, "config": {...}}'`; prints what they took.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CROP_MARGIN, openImages } from 'tandem';
import { openTrainer } from './trainer.js';

interface Work {
  readonly dataRoot: string;
  readonly steps: number;
  readonly config: Readonly<Record<string, unknown>>;
}

/** What a fresh process took. */
export interface Fresh {
  /** Reading the images and building the networks. */
  readonly setUpSeconds: number;
  /** Of the last step. */
  readonly stepSeconds: number;
  /** All that the process ever held. */
  readonly peakMiB: number;
}

/** Has a fresh process do it. */
export async function inFreshProcess(work: Work): Promise<Fresh> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    fileURLToPath(import.meta.url),
    JSON.stringify(work),
  ]);
  return JSON.parse(stdout) as Fresh;
}

async function measure({ dataRoot, steps, config }: Work): Promise<Fresh> {
  const begun = performance.now();
  const { limit } = config as { limit?: number };
  const images = await openImages('cifar10', { dataRoot, limit, margin: CROP_MARGIN });
  const trainer = openTrainer(config, images);
  const setUpSeconds = (performance.now() - begun) / 1000;
  let stepSeconds = Number.NaN;
  for (let i = 0; i < steps; i++) stepSeconds = (await trainer.step()).seconds;
  await trainer.end();
  return { setUpSeconds, stepSeconds, peakMiB: peakMiB() };
}

/** Linux's `maxRSS` begins with what the parent held. */
function peakMiB(): number {
  const status = '/proc/self/status';
  const high = existsSync(status) && /VmHWM:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))?.[1];
  return (high ? Number(high) : process.resourceUsage().maxRSS) / 1024;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] as string) as Work)));
}
