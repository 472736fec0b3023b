import { distributed as engine } from 'tandem-torch';
import { withCifar } from '../../harness/cifar.js';
import { type Fresh, inFreshProcess } from '../../harness/fresh.js';
import { takeTurns } from '../../harness/interleave.js';
import { findPython, runPeer } from '../../harness/peer.js';
import { summarise } from '../../harness/statistics.js';
import type { Context, Goal, Outcome, Suite, Table } from '../../harness/suite.js';
import { wireTable } from './planning.js';
import { trafficOf } from './traffic.js';

const usual = ['clbo', 'simclr', 'byol'];
const processes = 2;

/** What one block of one side took. */
interface Block {
  readonly imagesPerSecond: number;
  readonly proportionalMiB: number;
  readonly peakMiB: number;
  /** Of a step's time, that in which all processes waited, for what was on its way. */
  readonly communicated: number;
  /** And that in which one waited for another that was behind. */
  readonly behind: number;
}

/** Two processes of one thread that share a batch, beside one of two threads, and PyTorch's DDP. */
export const distributed: Suite = {
  what: 'two processes of one thread against one process of two threads, and against DDP',
  async run(context): Promise<Outcome> {
    const { settings, short, say } = context;
    if (!engine.hasDist()) {
      say('left out: this engine is built without Gloo');
      return { tables: [], goals: [], results: {} };
    }
    const steps = short ? 3 : 5;
    const rounds = short ? 1 : settings.rounds;
    const python = findPython(['torch', 'numpy']);
    if (python === null) say('DDP is left out: no Python here holds torch and NumPy');
    return withCifar(context, async ({ root, folder, images }) => {
      const network = { backbone: 'resnet18', width: settings.width, precision: 'float32', epochs: 1, knnEvery: 0 };
      const traffic = await trafficOf(images, network, say);
      const found: Found[] = [];
      for (const method of settings.methods ?? usual) {
        const work = { dataRoot: root, steps, config: { ...network, method, batch: settings.batch } };
        const one: Block[] = [];
        const two: Block[] = [];
        const ddp: number[] = [];
        const turn = (what: string, measure: () => Promise<void>) => async () => {
          say(`${method}, ${what}`);
          await measure();
          return 0;
        };
        const peer = { method, data: folder, batch: settings.batch, width: settings.width, steps };
        await takeTurns(
          [
            turn('one process', async () => void one.push(await alone(work))),
            turn('two processes', async () => void two.push(await together(work))),
            ...(python === null ? [] : [turn('DDP', async () => void ddp.push(await byDdp(python, peer)))]),
          ],
          { least: rounds, most: rounds, seconds: 0 },
        );
        found.push({ method, one, two, ddp });
      }
      const summaries = found.map(summaryOf);
      return {
        tables: [speedTable(summaries, settings), wireTable(traffic, [2, 4, 8], settings.batch / processes)],
        goals: summaries.flatMap(goalsOf),
        results: { steps, found, traffic },
      };
    });
  },
};

/** All blocks of a method; of DDP images a second. */
interface Found {
  readonly method: string;
  readonly one: readonly Block[];
  readonly two: readonly Block[];
  readonly ddp: readonly number[];
}

/** Medians, and medians of ratios within a round. */
interface Speeds {
  readonly method: string;
  readonly one: number;
  readonly two: number;
  readonly ddp: number | undefined;
  readonly overOne: number;
  readonly overDdp: number | undefined;
  readonly memory: number;
  readonly communicated: number;
  readonly behind: number;
}

function summaryOf({ method, one, two, ddp }: Found): Speeds {
  const median = (values: readonly number[]) => summarise(values).median;
  const rate = ({ imagesPerSecond }: Block) => imagesPerSecond;
  const hasDdp = ddp.length > 0;
  return {
    method,
    one: median(one.map(rate)),
    two: median(two.map(rate)),
    ddp: hasDdp ? median(ddp) : undefined,
    overOne: median(two.map((block, i) => rate(block) / rate(one[i] as Block))),
    overDdp: hasDdp ? median(two.map((block, i) => rate(block) / (ddp[i] as number))) : undefined,
    memory: median(two.map((block, i) => block.proportionalMiB / (one[i] as Block).proportionalMiB)),
    communicated: median(two.map(({ communicated }) => communicated)),
    behind: median(two.map(({ behind }) => behind)),
  };
}

function speedTable(all: readonly Speeds[], { width, batch }: Context['settings']): Table {
  const shown = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? '';
  return {
    title: `Two processes of one thread: ResNet-18, width ${width}, batch ${batch} in all`,
    head: [
      '',
      'one of two threads, images/s',
      'two, images/s',
      'over one',
      'DDP, images/s',
      'over DDP',
      'memory',
      'communicating',
      'for one behind',
    ],
    rows: all.map(({ method, one, two, ddp, overOne, overDdp, memory, communicated, behind }) => [
      method,
      ...[shown(one, 1), shown(two, 1), shown(overOne, 2), shown(ddp, 1), shown(overDdp, 2), shown(memory, 2)],
      ...[communicated, behind].map((share) => `${(100 * share).toFixed(1)} %`),
    ]),
  };
}

function goalsOf({ method, overOne, overDdp, memory, communicated }: Speeds): Goal[] {
  return [
    { name: `${method}: images/s of two processes over one`, measured: overOne, atLeast: 0.95 },
    { name: `${method}: memory of two processes over one`, measured: memory, atMost: 1.25 },
    ...(overDdp === undefined
      ? []
      : [{ name: `${method}: images/s over those of PyTorch's DDP`, measured: overDdp, atLeast: 1.2 }]),
    { name: `${method}: share of a step in which all communicate`, measured: communicated, atMost: 0.03 },
  ];
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

/** Images a second of two processes that train by DDP. */
async function byDdp(python: string, given: { readonly batch: number }): Promise<number> {
  const port = await engine.freePort();
  const ranks = Array.from({ length: processes }, (_, rank) =>
    runPeer<{ stepSeconds: number[] }>(python, 'distributed', given, {
      ...{ RANK: `${rank}`, LOCAL_RANK: `${rank}`, WORLD_SIZE: `${processes}` },
      ...{ MASTER_ADDR: '127.0.0.1', MASTER_PORT: `${port}` },
    }),
  );
  const [{ stepSeconds }] = (await Promise.all(ranks)) as [{ stepSeconds: number[] }];
  const later = stepSeconds.slice(1);
  return (given.batch * later.length) / later.reduce((sum, seconds) => sum + seconds, 0);
}

/** The first step allocates and prepares kernels: it is left out. */
function blockOf({ config }: Work, all: readonly Fresh[]): Block {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const [{ stepSeconds }] = all as [Fresh];
  const seconds = sum(stepSeconds.slice(1));
  const together = all.map(({ waits }) => waits.slice(1).flat());
  const communicated = sum((together[0] ?? []).map((_, i) => sharedBy(together.map((waits) => waits[i]))));
  const waited = sum(together.flat().map(({ begun, ended }) => ended - begun)) / all.length;
  return {
    imagesPerSecond: (Number(config.batch) * (stepSeconds.length - 1)) / seconds,
    proportionalMiB: sum(all.map(({ proportionalMiB }) => proportionalMiB)),
    peakMiB: sum(all.map(({ peakMiB }) => peakMiB)),
    communicated: communicated / seconds,
    behind: (waited - communicated) / seconds,
  };
}

/** Seconds for which all processes were in one wait: all of them make the same ones. */
function sharedBy(waits: readonly (engine.Wait | undefined)[]): number {
  const begun = Math.max(...waits.map((wait) => wait?.begun ?? Number.NaN));
  const ended = Math.min(...waits.map((wait) => wait?.ended ?? Number.NaN));
  return Math.max(0, ended - begun);
}
