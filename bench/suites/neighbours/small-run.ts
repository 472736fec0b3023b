// A small run in a process of its own, which trains for as many seconds as it is told and answers
// with what it did: `fork(small-run.js, [settings as JSON])`.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { withCifar } from '../../harness/cifar.js';
import { openTrainer } from '../../harness/trainer.js';

/** What a run did in the time it was given. */
export interface Work {
  readonly steps: number;
  readonly seconds: number;
  /** On cores, all threads together. */
  readonly cpuSeconds: number;
}

/** The run, as its parent sees it. */
export interface SmallRun {
  train(seconds: number): Promise<Work>;
  close(): Promise<void>;
}

const here = fileURLToPath(import.meta.url);

/**
 * Starts one, with some of its environment changed, and has it take its first steps. It stands
 * still while it is not asked to train.
 */
export async function startSmallRun(
  config: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string>>,
): Promise<SmallRun> {
  const child = fork(here, [JSON.stringify(config)], { env: { ...process.env, ...environment } });
  const answer = async () => {
    const [given] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => Promise.reject(new Error('a small run ended'))),
    ]);
    return given as Work;
  };
  await answer();
  // Its threads would go on waiting, each on a core of its own, while others are measured.
  child.kill('SIGSTOP');
  return {
    async train(seconds) {
      child.kill('SIGCONT');
      child.send(seconds);
      const work = await answer();
      child.kill('SIGSTOP');
      return work;
    },
    async close() {
      child.kill('SIGCONT');
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

async function serve(config: Readonly<Record<string, unknown>>): Promise<void> {
  await withCifar({ settings: { batch: 0, width: 0, rounds: 0 }, short: true }, async ({ images }) => {
    const trainer = openTrainer(config, images);
    const train = async (seconds: number): Promise<Work> => {
      const begun = performance.now();
      const cpu = process.cpuUsage();
      let steps = 0;
      do {
        await trainer.step();
        steps++;
      } while (performance.now() - begun < seconds * 1000);
      const { user, system } = process.cpuUsage(cpu);
      return { steps, seconds: (performance.now() - begun) / 1000, cpuSeconds: (user + system) / 1e6 };
    };
    process.send?.(await train(0));
    process.on('message', async (seconds: number) => process.send?.(await train(seconds)));
    await once(process, 'disconnect');
    await trainer.end();
  });
}

if (process.argv[1] === here) await serve(JSON.parse(process.argv[2] as string));
