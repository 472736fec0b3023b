import { Command } from 'commander';
import { type KnnMeasurement, measureKnn } from '../../evaluate/index.js';
import { percent } from '../../math.js';
import { aboveZero, wholeNumber } from '../shared/arguments.js';
import { baselineTable } from '../shared/baseline-table.js';
import { sizesLine } from '../shared/class-lines.js';
import { type MeasureFlags, measureOptions, withMeasuring } from '../shared/encoder-flags.js';
import { recordsAsJson } from '../shared/record-json.js';
import { print, printJson } from '../terminal/print.js';
import { withProgress } from '../terminal/progress.js';

interface Flags extends MeasureFlags {
  k?: number;
  temperature?: number;
  baselines?: true;
}

/**
 * `tandem knn <run|encoder> <images>`: how good an encoder's features are, by the labels of nearest
 * neighbours.
 */
export function knnCommand(): Command {
  return withMeasuring(new Command('knn'), 'both')
    .option(
      '--k <n>',
      'neighbours that vote (default: 1, and 200 where the reference set has so many)',
      wholeNumber('--k'),
    )
    .option(
      '--temperature <t>',
      'for k > 1: a vote counts exp(similarity / t) (default: 0.1)',
      aboveZero('--temperature'),
    )
    .option('--baselines', 'also raw pixels and the same network untrained, with all labels and with 10 a class')
    .action(run);
}

async function run(encoder: string, images: string, flags: Flags): Promise<void> {
  const { k, temperature, baselines, json } = flags;
  const options = { ...measureOptions(encoder, images, flags), k, temperature, baselines };
  const measured = await withProgress('k-NN', (hooks) => measureKnn(options, hooks));
  const scores = measured.baselines;
  if (json) printJson(recordsAsJson('knn', images, measured.records, scores ? { scores } : {}));
  else print(...table(measured));
  if (scores && !json) print('', ...baselineTable(scores, measured.reference));
}

/** A row for each encoder, a column for each way to vote. */
function table({ records, votes, reference, queries, classes }: KnnMeasurement): string[] {
  const heads = votes.map(({ k, temperature }) => (k === 1 ? 'k=1' : `k=${k}, T=${temperature}`).padStart(16));
  const encoders = records.filter((_, i) => i % votes.length === 0);
  const rows = encoders.map(({ encoder, kept }, row) => {
    const own = records.slice(row * votes.length, (row + 1) * votes.length);
    const name = `${encoder}${kept && encoders.length > 1 ? ' (kept)' : ''}`;
    return name.padEnd(16) + own.map(({ result }) => percent(result.accuracy).padStart(16)).join('');
  });
  const count = (n: number) => n.toLocaleString('en');
  return [
    `k-NN: ${count(queries)} queries, reference set of ${count(reference)}`,
    sizesLine(classes),
    ''.padEnd(16) + heads.join(''),
    ...rows,
  ];
}
