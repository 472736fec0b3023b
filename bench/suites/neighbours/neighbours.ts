import type { Peer } from '../../harness/peer.js';
import { digits } from '../../harness/print.js';
import { summarise } from '../../harness/statistics.js';
import type { Context, Outcome, Suite } from '../../harness/suite.js';
import { Busy } from './busy.js';
import { startSmallRun, type Work } from './small-run.js';

const small = { method: 'simclr', backbone: 'resnet8', width: 16, batch: 128, stem: 'strided', precision: 'float32' };

/** Ways for threads to wait, as one can ask libgomp for them; ours is to set none. */
const policies = {
  ours: {},
  "libgomp's default": { GOMP_SPINCOUNT: '300000' },
  'OMP_WAIT_POLICY=passive': { OMP_WAIT_POLICY: 'passive' },
  'OMP_WAIT_POLICY=active': { OMP_WAIT_POLICY: 'active' },
  'one thread': { TANDEM_THREADS: '1' },
} as const;

interface Side {
  readonly name: string;
  train(seconds: number): Promise<Work>;
  close(): Promise<void>;
}

/** One block of one side. */
interface Block {
  readonly name: string;
  readonly busy: number;
  readonly rate: number;
  /** Cores that ours held, and that each busy process held, in the mean. */
  readonly cores: number;
  readonly busyCores: number;
}

/**
 * A small run beside processes that want the cores too and that begin when it has long begun. Its
 * fair share is cores / (its threads + busy processes) for each of its threads.
 */
export const neighbours: Suite = {
  what: 'a small run beside 0, 1, 2 and 4 busy processes, by how its threads wait, and PyTorch',
  async run(context): Promise<Outcome> {
    const { short, settings, machine, say } = context;
    const counts = short ? [0, 1] : [0, 1, 2, 4];
    const sides = await start(context);
    const blocks: Block[] = [];
    try {
      for (let round = 0; round < (short ? 1 : settings.rounds); round++) {
        for (const busy of counts) {
          say(`round ${round + 1}, ${busy} busy processes`);
          for (const side of sides) blocks.push(await measure(side, busy, short ? 0.1 : 1));
        }
      }
    } finally {
      for (const side of sides) await side.close();
    }
    const { cores, threads } = machine;
    const share = (busy: number) => Math.min(1, cores / (threads + busy));
    const found = sides.map(({ name }) => {
      const own = blocks.filter((block) => block.name === name);
      const of = (busy: number) => own.filter((block) => block.busy === busy);
      const alone = Math.max(...of(0).map(({ rate }) => rate));
      return {
        name,
        alone,
        beside: counts.map((busy) => ({
          busy,
          rate: summarise(of(busy).map(({ rate }) => rate)),
          ofFairShare: summarise(of(busy).map(({ rate }) => rate / alone / share(busy))),
        })),
      };
    });
    const head = ['', ...counts.map((busy) => (busy === 0 ? 'alone, steps/s' : `${busy} busy`))];
    const rows = found.map(({ name, alone, beside }) => [
      name,
      digits(alone),
      ...beside
        .slice(1)
        .map(({ rate, ofFairShare }) => `${digits(rate.median)} (${ofFairShare.median.toFixed(2)} of its fair share)`),
    ]);
    const title = `A small run (ResNet-8, width ${small.width}, batch ${small.batch}), ${threads} threads on ${cores} cores, beside busy processes; the best rate alone, medians beside others`;
    const [ours, usual] = found as [(typeof found)[0], (typeof found)[0]];
    const goals = ours.beside.slice(1).map(({ busy, ofFairShare }) => ({
      name: `beside ${busy} busy processes, of the fair share`,
      measured: ofFairShare.median,
      atLeast: 0.8,
    }));
    const alone = { name: "alone, beside libgomp's default", measured: ours.alone / usual.alone, atLeast: 0.98 };
    return {
      tables: [{ title, head, rows }],
      goals: short ? [] : [alone, ...goals],
      results: { small, found, blocks },
    };
  },
};

async function start({ short, startPeer, machine }: Context): Promise<Side[]> {
  const sides: Side[] = [];
  for (const [name, environment] of Object.entries(policies).slice(0, short ? 2 : undefined)) {
    const threads = { TANDEM_THREADS: String(machine.threads) };
    sides.push({ name, ...(await startSmallRun(small, { ...threads, ...environment })) });
  }
  const peer = short ? null : await startPeer('engine');
  if (peer) sides.push(await peerSide(peer));
  return sides;
}

/** A network of about our size: its steps have another length, its fair share is its own. */
async function peerSide(peer: Peer): Promise<Side> {
  await peer.ask('prepare', { bfloat16: false, channelsLast: true, width: small.width / 2, batch: small.batch });
  const step = () => peer.ask<{ seconds: number; cpuSeconds: number }>('train', { steps: 1 });
  await step();
  return {
    name: `PyTorch ${peer.about.torch}`,
    async train(seconds) {
      const work = { steps: 0, seconds: 0, cpuSeconds: 0 };
      while (work.seconds < seconds) {
        const one = await step();
        work.steps++;
        work.seconds += one.seconds;
        work.cpuSeconds += one.cpuSeconds;
      }
      return work;
    },
    async close() {},
  };
}

async function measure(side: Side, count: number, seconds: number): Promise<Block> {
  const busy = await Busy.start(count);
  try {
    const before = busy.meanSeconds();
    const work = await side.train(seconds);
    return {
      name: side.name,
      busy: count,
      rate: work.steps / work.seconds,
      cores: work.cpuSeconds / work.seconds,
      busyCores: (busy.meanSeconds() - before) / work.seconds,
    };
  } finally {
    busy.end();
  }
}
