import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digits } from '../../harness/print.js';
import { summarise } from '../../harness/statistics.js';
import type { Suite } from '../../harness/suite.js';
import { type IndexedPart, inFreshProcess, type Searched } from './process.js';

const width = 512;
/** Calls of `tandem index` in which an index of the full size grows. */
const parts = 5;

/** An index in a folder: memory, time and recall, as it grows and when it is searched. */
export const search: Suite = {
  what: 'an index of a million vectors of 512 in a folder: memory, time, recall of the ten nearest',
  async run({ short, settings, say }) {
    const total = short ? 22_000 : 1_000_000;
    const root = mkdtempSync(join(tmpdir(), 'tandem-bench-'));
    try {
      const place = join(root, 'index');
      const work = { place, file: settings.vectors, encoder: { sha256: '0'.repeat(64), path: 'made-up', width } };
      const grown: IndexedPart[] = [];
      for (let part = 0; part < parts; part++) {
        const [from, to] = [part, part + 1].map((i) => (total / parts) * i) as [number, number];
        say(`indexing up to ${to.toLocaleString('en')}`);
        grown.push(await inFreshProcess<IndexedPart>({ ...work, from, to }));
      }
      say('searching');
      const found = await inFreshProcess<Searched>(work);
      return outcome(grown, found, sizesIn(place));
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
};

function outcome(
  grown: readonly IndexedPart[],
  found: Searched,
  sizes: Readonly<Record<string, number>>,
): Awaited<ReturnType<Suite['run']>> {
  const { among, recall, openSeconds } = found;
  const queries = summarise(found.milliseconds);
  const exact = summarise(found.exactMilliseconds);
  const sorted = found.milliseconds.toSorted((a, b) => a - b);
  const [slow, slowest] = [0.95, 0.99].map((share) => sorted[Math.floor(share * sorted.length)]) as [number, number];
  const peak = Math.max(found.peakMiB, ...grown.map(({ peakMiB }) => peakMiB));
  const sum = (what: 'write' | 'graph') => digits(grown.reduce((all, { seconds }) => all + seconds[what], 0));
  return {
    tables: [
      {
        title: `${among.toLocaleString('en')} vectors of ${width}, indexed in ${grown.length} calls; ten nearest`,
        head: ['', 'seconds', 'peak MiB'],
        rows: [
          ['writing vectors', sum('write'), ''],
          ['the graph', sum('graph'), digits(Math.max(...grown.map(({ peakMiB }) => peakMiB)))],
          ['to the first answer', digits(openSeconds), ''],
          ['a query, median', digits(queries.median / 1000), digits(found.peakMiB)],
          ['a query, 95 %', digits(slow / 1000), ''],
          ['a query, 99 %', digits(slowest / 1000), ''],
          ['a query, exact', digits(exact.median / 1000), ''],
        ],
      },
      {
        title: 'On disk',
        head: ['file', 'MB'],
        rows: Object.entries(sizes).map(([name, bytes]) => [name, digits(bytes / 1e6)]),
      },
    ],
    goals: [
      { name: 'recall of the ten nearest', measured: recall, atLeast: 0.95 },
      { name: 'a query, median ms', measured: queries.median, atMost: 5 },
      { name: 'peak MiB', measured: peak, atMost: 2048 },
    ],
    results: { among, recall, openSeconds, queries, slow, slowest, exact, searchPeakMiB: found.peakMiB, grown, sizes },
  };
}

function sizesIn(place: string): Record<string, number> {
  const folder = join(place, readdirSync(place)[0] as string);
  return Object.fromEntries(readdirSync(folder).map((name) => [name, statSync(join(folder, name)).size]));
}
