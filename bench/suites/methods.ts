import { methods } from 'tandem-vision';
import { type Cifar, withCifar } from '../harness/cifar.js';
import { takeTurns } from '../harness/interleave.js';
import { digits } from '../harness/print.js';
import { summarise } from '../harness/statistics.js';
import type { Context, Goal, Suite, Table } from '../harness/suite.js';
import { operationsOfStep, tryTrainer } from '../harness/trainer.js';

/**
 * Steps of every method side by side: what each costs beside SimCLR's, and what its passes say it
 * should.
 */
export const methodSteps: Suite = {
  what: 'training steps of all methods beside SimCLR, against what their forward and backward passes should cost',
  async run(context) {
    const { short, machine, say } = context;
    const size = short ? { width: 8, batch: 16 } : { width: 32, batch: 64 };
    const tables: Table[] = [];
    const goals: Goal[] = [];
    const results: object[] = [];
    await withCifar(context, async (cifar) => {
      for (const memoryFormat of ['contiguous', 'channelsLast'] as const) {
        say(`rounds of one step of each method, ${memoryFormat}`);
        const found = await measure({ ...size, memoryFormat, precision: 'float32' }, cifar, short ? 0 : 120, say);
        const rows = found.map(({ method, operations, seconds, ratio, expected }) => [
          method,
          digits(seconds.median),
          digits(operations / 1e9),
          expected.toFixed(2),
          ratio.median.toFixed(2),
          (ratio.median / expected).toFixed(2),
          String(ratio.samples),
        ]);
        const title = `Steps (views to update) of ResNet-18, width ${size.width}, batch ${size.batch}, 3x32x32, float32, ${memoryFormat}, ${machine.threads} threads; should and does beside SimCLR`;
        tables.push({ title, head: ['method', 'seconds', 'GFLOP', 'should', 'does', 'does/should', 'rounds'], rows });
        for (const { method, ratio, expected } of found) {
          const what = `${method}, ${memoryFormat}: time of a step beside SimCLR's, over what its passes should cost`;
          goals.push({ name: what, measured: ratio.median / expected, atMost: 1.15 });
        }
        results.push({ ...size, memoryFormat, methods: found });
      }
    });
    return { tables, goals, results: { steps: results } };
  },
};

async function measure(
  settings: Readonly<Record<string, unknown>>,
  { root, images }: Cifar,
  seconds: number,
  say: Context['say'],
) {
  const opened = Object.keys(methods).map(
    (method) => [method, tryTrainer({ ...settings, method }, images, say)] as const,
  );
  const names = opened.flatMap(([method, trainer]) => (trainer ? [method] : []));
  const trainers = opened.flatMap(([, trainer]) => trainer ?? []);
  for (const trainer of trainers) await trainer.step(); // the first step allocates
  const blocks = trainers.map((trainer) => async () => (await trainer.step()).seconds);
  const times = await takeTurns(blocks, { least: 1, most: Number.POSITIVE_INFINITY, seconds });
  for (const trainer of trainers) await trainer.end();
  const operations: number[] = [];
  for (const method of names) operations.push(await operationsOfStep({ ...settings, method }, root));
  const base = names.indexOf('simclr');
  return names.map((method, i) => ({
    method,
    operations: operations[i] as number,
    seconds: summarise(times[i] as number[]),
    ratio: summarise((times[i] as number[]).map((time, round) => time / (times[base]?.[round] as number))),
    expected: (operations[i] as number) / (operations[base] as number),
  }));
}
