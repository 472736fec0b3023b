import { Command } from 'commander';
import { UsageError } from '../../errors.js';
import { type EvaluationRecord, type FewShotResult, measureFewShot } from '../../evaluate/index.js';
import { percent } from '../../math.js';
import { wholeNumber } from '../shared/arguments.js';
import { counted } from '../shared/counted.js';
import { type MeasureFlags, measureOptions, withMeasuring } from '../shared/encoder-flags.js';
import { recordsAsJson } from '../shared/record-json.js';
import { tableLines } from '../shared/table.js';
import { print, printJson } from '../terminal/print.js';
import { withProgress } from '../terminal/progress.js';

interface Flags extends MeasureFlags {
  ways: number;
  shots: number[];
  episodes: number;
  seed: number;
}

/** `tandem fewshot <run|encoder> <images>`: what one label a class is worth, or a few. */
export function fewshotCommand(): Command {
  return withMeasuring(new Command('fewshot'), 'kept')
    .option('--ways <n>', 'classes of an episode', wholeNumber('--ways', 2), 5)
    .option('--shots <numbers>', 'labelled images of each class, one or several numbers', shotList, [1, 5])
    .option('--episodes <n>', 'how many are drawn', wholeNumber('--episodes', 2), 600)
    .option('--seed <n>', 'of the episodes', wholeNumber('--seed', 0), 0)
    .action(run);
}

function shotList(text: string): number[] {
  const shots = text.split(',').map(wholeNumber('--shots'));
  if (new Set(shots).size < shots.length) throw new UsageError(`--shots names a number twice: ${text}`);
  return shots;
}

async function run(encoder: string, images: string, flags: Flags): Promise<void> {
  const { ways, shots, episodes, seed } = flags;
  const options = { ...measureOptions(encoder, images, flags), ways, shots, episodes, seed };
  const { records } = await withProgress('few shots', (hooks) => measureFewShot(options, hooks));
  if (flags.json) printJson(recordsAsJson('fewshot', images, records));
  else print(...lines(records));
}

function lines(records: readonly EvaluationRecord<FewShotResult>[]): string[] {
  const { ways, episodes, asked } = records[0]?.settings ?? {};
  const share = ({ accuracy, interval }: { accuracy: number; interval: number }) =>
    `${percent(accuracy)} +- ${(100 * interval).toFixed(2)}`;
  const rows = records.map(({ encoder, settings: { shots }, result }) => [
    encoder,
    String(shots),
    share(result),
    share(result.nearest),
  ]);
  return [
    `few shots: ${ways} classes an episode, ${counted(Number(asked), 'query', 'queries')} of each, mean and 95 % interval of ${episodes} episodes`,
    ...tableLines([['', 'labels a class', 'nearest class mean', 'nearest image'], ...rows], 2),
  ];
}
