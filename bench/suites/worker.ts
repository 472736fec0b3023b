import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { pretrain } from 'tandem-vision';
import { digits } from '../harness/print.js';
import { summarise } from '../harness/statistics.js';
import type { Suite } from '../harness/suite.js';
import { makePhotographs } from './images/decoding.js';

/** How long the loop stood at a time, in milliseconds. */
interface Stops {
  readonly longest: number;
  /** Of a thousand passes the longest but one. */
  readonly usual: number;
}

/** When a server that trains could not answer: its event loop's stops, by where the run is. */
export const worker: Suite = {
  what: 'how long the event loop stands while a run trains in a thread of its own, and in its own',
  async run({ short, settings, machine, say }) {
    const root = mkdtempSync(join(tmpdir(), 'tandem-bench-'));
    try {
      const shape = { backbone: 'resnet18', width: short ? 8 : 64, size: 32, batch: short ? 8 : 64 };
      const data = await makePhotographs(root, short ? 16 : 256);
      let runs = 0;
      const train = (worker: boolean) => () =>
        pretrain({ ...shape, data, worker, method: 'simclr', epochs: short ? 1 : 3, out: join(root, `${runs++}`) });
      const ways = {
        'nothing trains': () => setTimeout(short ? 200 : 5000),
        'in a thread of its own': train(true),
        "in the loop's thread": train(false),
      };
      const found = Object.entries(ways).map(([name, work]) => ({ name, work, stops: [] as Stops[] }));
      const rounds = short ? 1 : settings.rounds;
      // Not by turns: a run in the loop's own thread leaves heap and threads behind that a server
      // which never has one is spared.
      for (const { name, work, stops } of found) {
        for (let round = 0; round < rounds; round++) {
          say(`${name}, round ${round + 1}`);
          stops.push(await stopsDuring(work));
        }
      }
      const results = found.map(({ name, stops }) => ({
        name,
        longest: summarise(stops.map(({ longest }) => longest)),
        usual: summarise(stops.map(({ usual }) => usual)),
      }));
      const rows = results.map(({ name, longest, usual }) => [name, digits(longest.max), digits(usual.max)]);
      const title = `Stops of the event loop in ms, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}; SimCLR, ResNet-18, width ${shape.width}, batch ${shape.batch}, ${machine.threads} threads on ${machine.cores} cores`;
      return {
        tables: [{ title, head: ['a run', 'longest', '99.9 %'], rows }],
        goals: [
          {
            name: 'longest stop beside a run in a thread, ms',
            measured: results[1]?.longest.max ?? Number.NaN,
            atMost: 20,
          },
        ],
        results: { ...shape, stops: results },
      };
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
};

async function stopsDuring(work: () => Promise<unknown>): Promise<Stops> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  await work();
  delays.disable();
  return { longest: delays.max / 1e6, usual: delays.percentile(99.9) / 1e6 };
}
