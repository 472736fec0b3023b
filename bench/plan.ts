// `npm run plan`: what a step sends to other processes, and what is to be expected of many of them.
// Bytes and the backward pass's share of a step are counted and measured here; the rest is computed
// for networks and steps that are named. `--write` puts the tables into
// docs/performance/planning.md.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { withCifar } from './harness/cifar.js';
import { printTable } from './harness/print.js';
import type { Table } from './harness/suite.js';
import { type Cluster, planTable, wireTable } from './suites/distributed/planning.js';
import { type Traffic, trafficOf } from './suites/distributed/traffic.js';

const { values } = parseArgs({
  options: {
    'step-ms': { type: 'string', default: '100,10' },
    images: { type: 'string', default: '256' },
    width: { type: 'string', default: '64' },
    methods: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const steps = values['step-ms'].split(',').map(Number);
const images = Number(values.images);
const width = Number(values.width);
if (![...steps, images, width].every((value) => value > 0))
  throw new Error('--step-ms, --images and --width are numbers above 0');

const gigabit = 1e9;
const clusters: readonly Cluster[] = [
  { name: '8 GPUs, PCIe 4', processes: 8, bits: 200 * gigabit, latency: 20e-6 },
  { name: '64 x 8, 100 Gbit/s', processes: 512, bits: 100 * gigabit, latency: 60e-6 },
  { name: '64 x 8, 400 Gbit/s', processes: 512, bits: 400 * gigabit, latency: 60e-6 },
];

const traffic = await withCifar({ settings: { batch: images, width, rounds: 1 }, short: true }, ({ images: set }) =>
  trafficOf(
    set,
    { backbone: 'resnet18', width, precision: 'float32', epochs: 1, knnEvery: 0 },
    (line) => console.error(line),
    values.methods?.split(','),
  ),
);
const tables = [wireTable(traffic, [2, 4, 8, 64, 512], images), ...steps.flatMap(plansOf)];
for (const table of tables) printTable(table);
if (values.write) write(tables);

function plansOf(milliseconds: number): Table[] {
  return ([4, 2] as const).map((gradientBytes) => {
    const step = { seconds: milliseconds / 1000, images, backwardShare: shareOf(traffic), gradientBytes };
    const as = gradientBytes === 2 ? ', gradients as bfloat16' : '';
    const title = `Computed: gradients that overlap, and efficiency, for steps of ${milliseconds} ms${as}`;
    return planTable(title, traffic, clusters, step);
  });
}

/** The median of the methods. */
function shareOf(all: readonly Traffic[]): number {
  const sorted = all.map(({ backwardShare }) => backwardShare).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0.5;
}

function write(all: readonly Table[]): void {
  const page = fileURLToPath(new URL('../../docs/performance/planning.md', import.meta.url));
  const [begin, end] = ['<!-- plan -->\n', '<!-- /plan -->'];
  const [before, rest] = readFileSync(page, 'utf8').split(begin) as [string, string];
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const text = all.map(({ title, head, rows }) =>
    [`**${title}**`, '', row(head), row(head.map(() => '---')), ...rows.map(row), ''].join('\n'),
  );
  const measured = `Of a step here the backward pass took ${(100 * shareOf(traffic)).toFixed(0)} % (median of the methods).`;
  writeFileSync(page, `${before}${begin}\n${measured}\n\n${text.join('\n')}\n${end}${rest.split(end)[1]}`);
}
