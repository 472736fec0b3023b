import { distributed as engine } from 'tandem-torch';
import { withCifar } from '../../harness/cifar.js';
import { type Fresh, inFreshProcess } from '../../harness/fresh.js';
import { takeTurns } from '../../harness/interleave.js';
import { summarise } from '../../harness/statistics.js';
import type { Goal, Outcome, Suite, Table } from '../../harness/suite.js';
import { type Traffic, trafficOf } from './traffic.js';

const usual = ['clbo', 'simclr', 'byol'];
const processes = 2;

/** What one block of one side took. */
interface Block {
  readonly imagesPerSecond: number;
  readonly proportionalMiB: number;
  readonly peakMiB: number;
  /** Of a step's time, that in which nothing was done but waiting for others. */
  readonly waitedShare: number;
}

/** Two processes of one thread that share a batch, beside one process of two threads. */
export const distributed: Suite = {
  what: 'two processes of one thread against one process of two threads',
  async run(context): Promise<Outcome> {
    const { settings, short, say } = context;
    if (!engine.hasDist()) {
      say('left out: this engine is built without Gloo');
      return { tables: [], goals: [], results: {} };
    }
    const steps = short ? 3 : 5;
    const rows: string[][] = [];
    const goals: Goal[] = [];
    const found: Record<string, unknown>[] = [];
    const traffic: Traffic[] = [];
    await withCifar(context, async ({ root, images }) => {
      const network = { backbone: 'resnet18', width: settings.width, precision: 'float32', epochs: 1, knnEvery: 0 };
      traffic.push(...(await trafficOf(images, network, say)));
      for (const method of settings.methods ?? usual) {
        const config = { ...network, method, batch: settings.batch };
        const work = { dataRoot: root, steps, config };
        const sides: [Block[], Block[]] = [[], []];
        const block = (side: 0 | 1, measure: () => Promise<Block>) => async () => {
          say(`${method}, ${side === 0 ? 'one process' : 'two processes'}`);
          sides[side].push(await measure());
          return 0;
        };
        const rounds = short ? 1 : settings.rounds;
        await takeTurns([block(0, () => alone(work)), block(1, () => together(work))], {
          least: rounds,
          most: rounds,
          seconds: 0,
        });
        const [one, two] = sides;
        const ratio = (of: (block: Block) => number) =>
          summarise(two.map((block, i) => of(block) / of(one[i] as Block))).median;
        const speed = ratio(({ imagesPerSecond }) => imagesPerSecond);
        const memory = ratio(({ proportionalMiB }) => proportionalMiB);
        const waited = summarise(two.map(({ waitedShare }) => waitedShare)).median;
        const median = (blocks: readonly Block[]) =>
          summarise(blocks.map(({ imagesPerSecond }) => imagesPerSecond)).median;
        rows.push([
          method,
          median(one).toFixed(1),
          median(two).toFixed(1),
          speed.toFixed(2),
          memory.toFixed(2),
          `${(100 * waited).toFixed(1)} %`,
        ]);
        goals.push(
          { name: `${method}: images/s of two processes over one`, measured: speed, atLeast: 0.95 },
          { name: `${method}: memory of two processes over one`, measured: memory, atMost: 1.25 },
          { name: `${method}: share of a step spent waiting`, measured: waited, atMost: 0.03 },
        );
        found.push({ method, one, two });
      }
    });
    const title = `Two processes of one thread beside one of two: ResNet-18, width ${settings.width}, batch ${settings.batch} in all`;
    const head = ['', 'one, images/s', 'two, images/s', 'ratio', 'memory', 'waiting'];
    return {
      tables: [{ title, head, rows }, tableOf(traffic, settings.width)],
      goals,
      results: { steps, found, traffic },
    };
  },
};

function tableOf(traffic: readonly Traffic[], width: number): Table {
  return {
    title: `What a step hands over: ResNet-18, width ${width}`,
    head: ['', 'gradients, MB', 'rows, bytes an image', 'norms, kB', 'calls'],
    rows: traffic.map(({ method, gradient, rowsOfImage, norms, calls }) => [
      method,
      (gradient / 1e6).toFixed(1),
      String(Math.round(rowsOfImage)),
      (norms / 1e3).toFixed(0),
      String(calls),
    ]),
  };
}

type Work = Parameters<typeof inFreshProcess>[0];

async function alone(work: Work): Promise<Block> {
  return blockOf(work, [await inFreshProcess(work, undefined, { TANDEM_THREADS: String(processes) })]);
}

async function together(work: Work): Promise<Block> {
  const port = await engine.freePort();
  const ranks = Array.from({ length: processes }, (_, rank) =>
    inFreshProcess(work, undefined, {
      ...{ TANDEM_THREADS: '1', RANK: `${rank}`, LOCAL_RANK: `${rank}`, WORLD_SIZE: `${processes}` },
      ...{ MASTER_ADDR: '127.0.0.1', MASTER_PORT: `${port}` },
    }),
  );
  return blockOf(work, await Promise.all(ranks));
}

/** The first step allocates and prepares kernels: it is left out. */
function blockOf({ config }: Work, all: readonly Fresh[]): Block {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const [{ stepSeconds, waitedSeconds }] = all as [Fresh];
  return {
    imagesPerSecond: (Number(config.batch) * (stepSeconds.length - 1)) / sum(stepSeconds.slice(1)),
    proportionalMiB: sum(all.map(({ proportionalMiB }) => proportionalMiB)),
    peakMiB: sum(all.map(({ peakMiB }) => peakMiB)),
    waitedShare: sum(waitedSeconds.slice(1)) / sum(stepSeconds.slice(1)),
  };
}
