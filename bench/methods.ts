import { setImmediate } from 'node:timers/promises';
import { gradEnabled, manualSeed, optim, type Tensor } from '@tandem/torch';
import { Batches, buildEncoder, type Encoder, type ImageSet, methods, smallView, train } from 'tandem';
import { digits } from './print.js';
import { summarise } from './statistics.js';
import type { Context, Goal, Suite, Table } from './suite.js';

const side = 32;

/** Passes through the encoder in one step; a backward pass costs two forward ones. */
interface Passes {
  trained: number;
  untrained: number;
}

/** Steps of every method side by side: what each costs beside SimCLR's, and what its passes say it should. */
export const methodSteps: Suite = {
  what: 'training steps of all methods beside SimCLR, against what their forward and backward passes should cost',
  async run({ short, machine, say }: Context) {
    const size = short ? { width: 8, batch: 16 } : { width: 32, batch: 64 };
    const tables: Table[] = [];
    const goals: Goal[] = [];
    const results: object[] = [];
    for (const memoryFormat of ['contiguous', 'channelsLast'] as const) {
      say(`rounds of one step of each method, ${memoryFormat}`);
      const found = await measure({ ...size, memoryFormat }, short ? 0 : 120);
      const rows = found.map(({ name, passes, seconds, ratio, expected }) => [
        name,
        digits(seconds.median),
        `${passes.trained} + ${passes.untrained}`,
        expected.toFixed(2),
        ratio.median.toFixed(2),
        (ratio.median / expected).toFixed(2),
        String(ratio.samples),
      ]);
      const title = `Steps (views to update) of ResNet-18, width ${size.width}, batch ${size.batch}, 3x${side}x${side}, float32, ${memoryFormat}, ${machine.threads} threads; passes trained + untrained`;
      tables.push({ title, head: ['method', 'seconds', 'passes', 'should', 'does', 'does/should', 'rounds'], rows });
      for (const { name, ratio, expected } of found) {
        const what = `${name}, ${memoryFormat}: time of a step beside SimCLR's, over what its passes should cost`;
        goals.push({ name: what, measured: ratio.median / expected, atMost: 1.15 });
      }
      results.push({ ...size, memoryFormat, methods: found });
    }
    return { tables, goals, results: { steps: results } };
  },
};

interface Size {
  readonly width: number;
  readonly batch: number;
  readonly memoryFormat: 'contiguous' | 'channelsLast';
}

async function measure(size: Size, seconds: number) {
  const names = Object.keys(methods);
  const trainers = new Map(names.map((name) => [name, newTrainer(name, size)]));
  for (const trainer of trainers.values()) await trainer.step(); // the first step allocates
  const times = new Map<string, number[]>(names.map((name) => [name, []]));
  const begun = performance.now();
  do {
    for (const [name, trainer] of trainers) times.get(name)?.push(await trainer.step());
  } while (performance.now() - begun < 1000 * seconds);
  const base = times.get('simclr') as number[];
  const cost = ({ trained, untrained }: Passes) => 3 * trained + untrained;
  const baseCost = cost((trainers.get('simclr') as Trainer).passes);
  const found = names.map((name) => {
    const own = times.get(name) as number[];
    const { passes } = trainers.get(name) as Trainer;
    const ratio = summarise(own.map((time, i) => time / (base[i] as number)));
    return { name, passes, seconds: summarise(own), ratio, expected: cost(passes) / baseCost };
  });
  for (const trainer of trainers.values()) await trainer.end();
  return found;
}

interface Trainer {
  readonly passes: Passes;
  /** Seconds of one step. */
  step(): Promise<number>;
  end(): Promise<void>;
}

function newTrainer(name: string, { width, batch, memoryFormat }: Size): Trainer {
  const { build, options } = methods[name] as (typeof methods)[string];
  const view = smallView({ size: side });
  const passes: Passes = { trained: 0, untrained: 0 };
  manualSeed(0);
  const method = build(
    (form) =>
      counted(
        buildEncoder({ backbone: 'resnet18', width, stem: 'small', channels: 3 }, form).to({ memoryFormat }),
        passes,
      ),
    [view, view],
    options.parse({}),
  );
  const steps = train(method, new Batches(noise(4 * batch), { batch, seed: 0 }), {
    epochs: 1_000_000,
    lr: () => 1e-3,
    optimizer: new optim.SGD(method.learns.parameters(), { lr: 1e-3, momentum: 0.9, weightDecay: 5e-4 }),
    seed: 0,
    device: 'cpu',
    precision: 'float32',
    memoryFormat,
    readLossEvery: 1,
  });
  return {
    passes,
    async step() {
      passes.trained = 0;
      passes.untrained = 0;
      await setImmediate();
      const begun = performance.now();
      await steps.next();
      return (performance.now() - begun) / 1000;
    },
    async end() {
      await steps.return(undefined);
    },
  };
}

/** Counts passes where they happen; copies of the encoder (teachers) count too. */
function counted(encoder: Encoder, passes: Passes): Encoder {
  const forward = encoder.forward;
  encoder.forward = function (this: Encoder, x: Tensor): Tensor {
    passes[gradEnabled() ? 'trained' : 'untrained'] += 1;
    return forward.call(this, x);
  };
  return encoder;
}

function noise(count: number): ImageSet {
  const pixels = Uint8Array.from({ length: count * 3 * side * side }, (_, i) => (i * 2_654_435_761) >>> 24);
  return { name: 'noise', count, channels: 3, height: side, width: side, pixels };
}
