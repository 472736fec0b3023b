import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manualSeed } from 'tandem-torch';
import { buildEncoder, saveEncoder } from 'tandem-vision';
import { digits } from '../../harness/print.js';
import { type Summary, summarise } from '../../harness/statistics.js';
import type { Suite } from '../../harness/suite.js';
import { inFreshProcess, type Requests } from './process.js';

const here = fileURLToPath(new URL('../../../..', import.meta.url));
const cases = [
  { size: 224, stem: 'standard' },
  { size: 32, stem: 'small' },
] as const;

/** What an image of one size took. */
interface Found {
  readonly size: number;
  readonly ours: Summary;
  readonly theirs: Summary | undefined;
  /** Images a second. */
  readonly stream: number;
  readonly list: number;
}

/** An encoder that is asked for one image, and for many by one: pixels in, a vector out. */
export const requests: Suite = {
  what: "one image to a vector, beside another checkout's (--other), and a stream of single requests beside lists",
  async run({ short, settings, say }) {
    const root = mkdtempSync(join(tmpdir(), 'tandem-bench-'));
    try {
      const found: Found[] = [];
      for (const { size, stem } of short ? cases.slice(1) : cases) {
        const file = encoderFile(root, size, stem);
        const sides: [Requests[], Requests[]] = [[], []];
        for (let round = 0; round < (short ? 1 : settings.rounds); round++) {
          say(`images of ${size} pixels, round ${round + 1}`);
          const work = { file, size, requests: short ? 3 : 30 };
          sides[0].push(await inFreshProcess({ ...work, checkout: here }));
          if (settings.other) sides[1].push(await inFreshProcess({ ...work, checkout: settings.other }));
        }
        found.push(foundOf(size, sides));
      }
      return outcome(found);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
};

function encoderFile(root: string, size: number, stem: (typeof cases)[number]['stem']): string {
  manualSeed(0);
  const architecture = { backbone: 'resnet18', width: 64, stem, channels: 3 };
  const encoder = buildEncoder(architecture);
  const file = join(root, `${size}.safetensors`);
  saveEncoder(file, encoder, { architecture, size, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] });
  encoder.dispose();
  return file;
}

function foundOf(size: number, [ours, theirs]: readonly [readonly Requests[], readonly Requests[]]): Found {
  const medians = (side: readonly Requests[]) => summarise(side.map(({ seconds }) => summarise(seconds).median));
  const rate = (which: 'stream' | 'list') => summarise(ours.map(({ rates }) => rates?.[which] ?? Number.NaN)).median;
  return {
    size,
    ours: medians(ours),
    theirs: theirs.length > 0 ? medians(theirs) : undefined,
    stream: rate('stream'),
    list: rate('list'),
  };
}

function outcome(found: readonly Found[]): Awaited<ReturnType<Suite['run']>> {
  const ms = (summary: Summary | undefined) => (summary ? digits(1000 * summary.median) : '');
  return {
    tables: [
      {
        title: 'ResNet-18, width 64: one image, and 256 of them, as single requests of 64 clients and as a list',
        head: ['pixels', 'one, ms', "the other's", 'stream, images/s', 'list, images/s'],
        rows: found.map(({ size, ours, theirs, stream, list }) => [
          ...[`${size}`, ms(ours), ms(theirs), digits(stream), digits(list)],
        ]),
      },
    ],
    goals: found.flatMap(({ size, ours, theirs, stream, list }) => [
      ...(theirs
        ? [
            {
              name: `${size} pixels, one image, of the other's time`,
              measured: ours.median / theirs.median,
              atMost: 0.6,
            },
          ]
        : []),
      {
        name: `${size} pixels, a stream of single requests, of the rate of lists`,
        measured: stream / list,
        atLeast: 0.9,
      },
    ]),
    results: { requests: found },
  };
}
