import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { liveTensors } from 'tandem-torch';
import { collectGarbage } from '../../src/collect-garbage.js';
import { pretrain, resolveConfig } from '../../src/pretrain/index.js';

/** What a process holds at one moment. */
interface Sample {
  readonly seconds: number;
  readonly memoryMiB: number;
  readonly heapMiB: number;
  readonly files: number;
  readonly tensors: number;
}

const settings = {
  ...{ backbone: 'resnet8', width: 4, stem: 'strided', size: 16, batch: 8, epochs: 1e6 },
  ...{ projHidden: 16, projDim: 16, saveSteps: 2 },
};

/** Samples over the whole time. */
const samples = 120;
/** Memory grows until pools are filled: so much of the time is not compared. */
const warmUp = 0.5;
/** More than that, or more than the noise of the samples, is a leak. */
const mostGrowthMiB = 4;

/**
 * A small run with an evaluation each epoch and a save every two steps, for so long: what its
 * process holds must not grow.
 * @returns the numbers, in one line
 * @throws Error where memory, open files or live tensors grow
 */
export async function endure(images: string, folder: string, minutes: number): Promise<string> {
  const stop = new AbortController();
  const config = resolveConfig({ ...settings, images });
  const begun = performance.now();
  const taken: Sample[] = [];
  let steps = 0;
  for await (const event of pretrain(config, { out: join(folder, 'endured'), signal: stop.signal })) {
    if (event.kind === 'step') steps += 1;
    if (event.kind !== 'epoch') continue;
    const seconds = (performance.now() - begun) / 1000;
    if (seconds >= (taken.length * minutes * 60) / samples) taken.push(sample(seconds));
    if (seconds >= minutes * 60) stop.abort();
  }
  const steady = taken.filter(({ seconds }) => seconds >= warmUp * minutes * 60);
  const grown = (['memoryMiB', 'heapMiB', 'files', 'tensors'] as const).map((what) => growth(steady, what));
  const told = `${minutes} min, ${steps} steps, ${steady.length} samples: ${grown.map(({ text }) => text).join('; ')}`;
  const leaks = grown.filter(({ isLeak }) => isLeak);
  if (leaks.length > 0 || steady.length < 8) throw new Error(`what the process holds grew: ${told}`);
  return told;
}

function sample(seconds: number): Sample {
  collectGarbage();
  const { rss, heapUsed } = process.memoryUsage();
  const files = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
  return { seconds, memoryMiB: rss / 2 ** 20, heapMiB: heapUsed / 2 ** 20, files, tensors: liveTensors().count };
}

/** The line through the samples, and how far they lie from it. */
function growth(taken: readonly Sample[], what: Exclude<keyof Sample, 'seconds'>): { text: string; isLeak: boolean } {
  const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
  const [x, y] = [taken.map(({ seconds }) => seconds), taken.map((one) => one[what])] as const;
  const [meanX, meanY] = [mean(x), mean(y)];
  const slope =
    x.reduce((sum, at, i) => sum + (at - meanX) * ((y[i] as number) - meanY), 0) /
    x.reduce((sum, at) => sum + (at - meanX) ** 2, 0);
  const noise = Math.sqrt(mean(y.map((value, i) => (value - meanY - slope * ((x[i] as number) - meanX)) ** 2)));
  const total = slope * ((x.at(-1) as number) - (x[0] as number));
  const counts = what === 'files' || what === 'tensors';
  const isLeak = total > (counts ? 0.5 : Math.max(mostGrowthMiB, 2 * noise));
  const digits = counts ? 0 : 1;
  const name = { memoryMiB: 'memory (MiB)', heapMiB: 'heap (MiB)', files: 'open files', tensors: 'live tensors' }[what];
  const text = `${name} ${Math.min(...y).toFixed(digits)} to ${Math.max(...y).toFixed(digits)}, trend ${total.toFixed(digits)} with a noise of ${noise.toFixed(digits)}`;
  return { text, isLeak };
}
