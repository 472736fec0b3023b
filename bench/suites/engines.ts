import { withCifar } from '../harness/cifar.js';
import { type Fresh, inFreshProcess } from '../harness/fresh.js';
import { compare, takeTurns } from '../harness/interleave.js';
import type { Machine } from '../harness/machine.js';
import { digits } from '../harness/print.js';
import { type Summary, summarise } from '../harness/statistics.js';
import type { Suite } from '../harness/suite.js';
import { compared } from './train/method.js';

/** One method on both engines; a sample is a process, its time the median of its steps. */
interface Found {
  readonly method: string;
  readonly ours: Side;
  readonly theirs: Side;
  /** How many times faster ours is, round by round. */
  readonly ratio: Summary;
}

interface Side {
  readonly secondsPerStep: Summary;
  readonly peakMiB: Summary;
}

/** This checkout's engine against that of another one, which was set up with another libtorch. */
export const engines: Suite = {
  what: "training steps on this engine and on another checkout's (--other), in fresh processes by turns",
  async run({ settings, short, machine, say }) {
    const { width, batch, other } = settings;
    const rounds = short ? 1 : settings.rounds;
    const timedSteps = short ? 1 : 3;
    const work = { width, batch, precision: 'float32', memoryFormat: 'channelsLast' };
    const found: Found[] = [];
    let theirMachine: Machine | undefined;
    await withCifar({ settings, short }, async ({ root: dataRoot }) => {
      for (const method of settings.methods ?? compared) {
        say(`training steps of ${method}`);
        const taken: readonly [Fresh[], Fresh[]] = [[], []];
        const block = (side: Fresh[], checkout?: string) => async () =>
          side.push(await inFreshProcess({ dataRoot, steps: 1 + timedSteps, config: { ...work, method } }, checkout));
        const blocks = [block(taken[0]), block(taken[1], other)];
        await takeTurns(blocks, { least: rounds, most: rounds, seconds: 0 });
        assertSameLoss(method, taken);
        theirMachine = taken[1][0]?.machine;
        found.push({ method, ...summariesOf(taken) });
      }
    });
    const name = (one: Machine | undefined) => `libtorch ${one?.libtorch} (${one?.blas}, ${one?.threads} threads)`;
    const title = `Steps (views to update) of ResNet-18, width ${width}, batch ${batch}, 3x32x32, float32, channels-last: ours ${name(machine)}, theirs ${name(theirMachine)}; a ratio above 1: ours is faster`;
    const head = ['method', 'ours s', 'theirs s', 'ratio', 'quartiles', 'rounds', 'ours MiB', 'theirs MiB'];
    const rows = found.map(({ method, ours, theirs, ratio }) => [
      method,
      digits(ours.secondsPerStep.median),
      digits(theirs.secondsPerStep.median),
      ratio.median.toFixed(3),
      ratio.quartiles.map((quartile) => quartile.toFixed(3)).join(' to '),
      String(ratio.samples),
      digits(ours.peakMiB.median),
      digits(theirs.peakMiB.median),
    ]);
    return {
      tables: [{ title, head, rows }],
      goals: [],
      results: { ...work, timedSteps, theirMachine, methods: found },
    };
  },
};

function summariesOf([ours, theirs]: readonly [Fresh[], Fresh[]]): Omit<Found, 'method'> {
  const seconds = (side: Fresh[]) => side.map(({ stepSeconds }) => summarise(stepSeconds.slice(1)).median);
  const summaries = (side: Fresh[]) => ({
    secondsPerStep: summarise(seconds(side)),
    peakMiB: summarise(side.map(({ peakMiB }) => peakMiB)),
  });
  const { ratio } = compare(seconds(ours), seconds(theirs));
  return { ours: summaries(ours), theirs: summaries(theirs), ratio: ratio as Summary };
}

/**
 * The same weights and views, drawn from the same seed, on whatever libtorch: sums alone may be
 * rounded otherwise.
 */
function assertSameLoss(method: string, [[ours], [theirs]]: readonly [Fresh[], Fresh[]]): void {
  const [mine, other] = [ours?.loss ?? Number.NaN, theirs?.loss ?? Number.NaN];
  if (!(Math.abs(mine - other) <= 1e-4 * Math.abs(mine))) {
    throw new Error(`${method}: the first loss is ${mine} here and ${other} there; are both checkouts of one commit?`);
  }
}
