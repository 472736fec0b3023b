import { withCifar } from '../harness/cifar.js';
import { type Fresh, inFreshProcess } from '../harness/fresh.js';
import { digits } from '../harness/print.js';
import { summarise } from '../harness/statistics.js';
import type { Suite, Table } from '../harness/suite.js';
import { operationsOfStep } from '../harness/trainer.js';

/** What grows, from its smallest value; all else stays as it is. */
const sizes = {
  images: { method: 'clbo', name: 'limit', from: 12_500, short: 250 },
  batch: { method: 'clbo', name: 'batch', from: 64, short: 16 },
  width: { method: 'clbo', name: 'width', from: 16, short: 4 },
  bank: { method: 'moco', name: 'bank', from: 16_384, short: 64 },
} as const;

/** Time and memory as a run grows. */
export const growth: Suite = {
  what: 'time and memory of training at 1, 2 and 4 times the images, batch, width and bank',
  async run(context) {
    const { settings, short, say, machine } = context;
    return withCifar(context, async ({ root: dataRoot }) => {
      const times = short ? [1, 2] : [1, 2, 4];
      const base = short ? { width: 4, batch: 16 } : { width: 16, batch: 64 };
      const rows: string[][] = [];
      const results: object[] = [];
      for (const [what, { method, name, from, short: least }] of Object.entries(sizes)) {
        say(`growth with ${what}`);
        const configs = times.map((time) => ({ ...base, method, [name]: time * (short ? least : from) }));
        const taken: Fresh[][] = configs.map(() => []);
        for (let round = 0; round < (short ? 1 : settings.rounds); round++) {
          for (const [i, config] of configs.entries()) {
            taken[i]?.push(await inFreshProcess({ dataRoot, steps: short ? 1 : 3, config }));
          }
        }
        const operations = await Promise.all(configs.map((config) => operationsOfStep(config, dataRoot)));
        const found = taken.map((fresh) => ({
          setUp: summarise(fresh.map(({ setUpSeconds }) => setUpSeconds)),
          step: summarise(fresh.map(({ stepSeconds }) => stepSeconds.at(-1) as number)),
          peak: summarise(fresh.map(({ peakMiB }) => peakMiB)),
        }));
        const [first] = found as [(typeof found)[0]];
        for (const [i, { setUp, step, peak }] of found.entries()) {
          const value = (configs[i] as Record<string, unknown>)[name] as number;
          const should = (operations[i] as number) / (operations[0] as number);
          rows.push([
            `${what} ${value}`,
            digits(setUp.median),
            digits(1000 * step.median),
            should.toFixed(2),
            (step.median / first.step.median).toFixed(2),
            digits(peak.median),
            (peak.median / first.peak.median).toFixed(2),
          ]);
          results.push({ what, method, value, operations: operations[i], setUp, step, peak });
        }
      }
      const title = `Growth: fresh processes, CLBO (of the bank MoCo), ResNet-18, width ${base.width}, batch ${base.batch} unless they grow, ${machine.threads} threads`;
      const head = ['', 'set-up s', 'step ms', 'should', 'does', 'peak MiB', 'times'];
      const table: Table = { title: `${title}; should: useful operations`, head, rows };
      return { tables: [table], goals: [], results: { ...base, growth: results } };
    });
  },
};
