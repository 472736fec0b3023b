import { Command } from 'commander';
import {
  type EvaluationRecord,
  type LinearResult,
  linearFeaturesDefaults,
  linearViewsDefaults,
  measureLinear,
} from '../../evaluate/index.js';
import { notNegative, numberList, oneOf, wholeNumber } from '../shared/arguments.js';
import { classLines, scoreLine, sizesLine, topLine } from '../shared/class-lines.js';
import { type MeasureFlags, measureOptions, withMeasuring } from '../shared/encoder-flags.js';
import { recordsAsJson } from '../shared/record-json.js';
import { print, printJson } from '../terminal/print.js';
import { withProgress } from '../terminal/progress.js';

interface Flags extends MeasureFlags {
  protocol: 'views' | 'features';
  epochs?: number;
  batch?: number;
  lr?: number[];
  weightDecay?: number;
  cropMin: number;
  seed: number;
}

/**
 * `tandem linear <run|encoder> <images>`: what a linear classifier on the frozen features gets
 * right.
 */
export function linearCommand(): Command {
  const [views, cached] = [linearViewsDefaults, linearFeaturesDefaults];
  return withMeasuring(new Command('linear'), 'kept')
    .option(
      '--protocol <name>',
      'views: SGD on random crops and flips, at the best of several rates; features: Adam on features computed once, in minutes',
      oneOf('--protocol', ['views', 'features']),
      'views',
    )
    .option(
      '--epochs <n>',
      `passes over the training images (default: ${views.epochs} on views, ${cached.epochs} on features)`,
      wholeNumber('--epochs'),
    )
    .option(
      '--batch <n>',
      `images a step (default: ${views.batch} on views, ${cached.batch} on features)`,
      wholeNumber('--batch'),
    )
    .option(
      '--lr <rates>',
      `on views: rates to choose from (default: ${views.rates.join(',')}); on features: first and last (default: ${cached.lr.join(',')})`,
      numberList('--lr'),
    )
    .option(
      '--weight-decay <d>',
      `(default: ${views.weightDecay} on views, ${cached.weightDecay} on features)`,
      notNegative('--weight-decay'),
    )
    .option(
      '--crop-min <share>',
      'on views: smallest share of an image that a crop keeps',
      notNegative('--crop-min'),
      0.08,
    )
    .option('--seed <n>', 'of order and views', wholeNumber('--seed', 0), 0)
    .action(run);
}

async function run(encoder: string, images: string, flags: Flags): Promise<void> {
  const { protocol, epochs, batch, lr, weightDecay, cropMin, seed } = flags;
  const settings = { protocol, epochs, batch, lr, weightDecay, cropMin, seed };
  const options = { ...measureOptions(encoder, images, flags), ...settings };
  const { records, classes, sizes } = await withProgress('linear', (hooks) => measureLinear(options, hooks));
  if (flags.json) printJson(recordsAsJson('linear', images, records));
  else print(sizesLine(sizes), ...records.flatMap((record) => lines(record, classes)));
}

function lines({ encoder, protocol, settings, result }: EvaluationRecord<LinearResult>, classes: readonly string[]) {
  const rate = result.lr === undefined ? '' : `, at learning rate ${result.lr}`;
  return [
    `${protocol}, ${encoder}: ${topLine(result)} of ${settings.queries} queries${rate}`,
    scoreLine(result),
    ...classLines(result, classes),
  ];
}
