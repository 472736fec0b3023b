import { scope } from '@tandem/torch';
import type { Command } from 'commander';
import { UsageError } from '../../errors.js';
import {
  type LinearFeaturesSettings,
  type LinearViewsSettings,
  linearFeaturesDefaults,
  linearOnFeatures,
  linearOnViews,
  linearViewsDefaults,
} from '../../evaluate/index.js';
import { smallView, type View } from '../../views/index.js';
import { notNegative, numberList, oneOf, wholeNumber } from '../shared/arguments.js';
import { classTable, scored } from '../shared/class-table.js';
import type { Subject } from '../shared/encoders.js';
import { type EvaluationFlags, evaluationCommand, featuresOf, type Opened, withOpened } from '../shared/evaluation.js';
import { asJson, keep, type Measured, percent } from '../shared/record.js';

interface Options extends EvaluationFlags {
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
  return evaluationCommand('linear', false)
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
    .action(async (runOrFile: string, images: string, options: Options) => {
      checkRates(options);
      await withOpened('linear', [runOrFile, images], options, 'kept', (opened) => measure(images, options, opened));
    });
}

function checkRates({ protocol, lr }: Options): void {
  if (protocol === 'features' && lr !== undefined && lr.length !== 2) {
    throw new UsageError(
      `--lr must be the first and the last rate on features, such as ${linearFeaturesDefaults.lr.join(',')}`,
    );
  }
}

function measure(images: string, options: Options, opened: Opened): void {
  const probe = options.protocol === 'views' ? onViews : onFeatures;
  const measured = opened.subjects.map((subject) => probe(subject, options, opened));
  opened.bar.stop();
  if (options.json) console.log(asJson('linear', images, measured));
  else console.log(measured.flatMap((one) => lines(one, opened)).join('\n'));
  keep('linear', images, measured, opened.bar);
}

function onViews(subject: Subject, options: Options, { bank, queries, view, device, bar, classes }: Opened): Measured {
  const { epochs, batch, weightDecay, seed, lr } = options;
  const settings: LinearViewsSettings = {
    ...linearViewsDefaults,
    ...defined({ epochs, batch, weightDecay, seed, rates: lr }),
  };
  const crop = [options.cropMin, 1] as const;
  const trainingView = cropView(view, crop);
  const {
    lr: chosen,
    validation,
    ...probed
  } = linearOnViews(subject.encoder, bank, queries, settings, {
    trainingView,
    view,
    device,
    memoryFormat: 'channelsLast',
    onProgress: bar.update,
  });
  const counts = { bank: bank.count, queries: queries.count };
  const protocol = { optimizer: 'SGD', schedule: 'cosine', crop, flip: 0.5, heldOut: 0.1 };
  const result = { ...scored(probed, queries.labels, classes), lr: chosen, validation };
  return { subject, protocol: 'linear (views)', settings: { ...protocol, ...settings, ...counts }, result };
}

function onFeatures(subject: Subject, options: Options, opened: Opened): Measured {
  const { bank, queries, bar, classes } = opened;
  const { epochs, batch, weightDecay, seed, lr } = options;
  const own = defined({ epochs, batch, weightDecay, seed, lr: lr as [number, number] | undefined });
  const settings: LinearFeaturesSettings = { ...linearFeaturesDefaults, ...own };
  const probed = scope(() => {
    const known = featuresOf(subject, bank, 'training images', opened);
    const asked = featuresOf(subject, queries, 'queries', opened);
    return linearOnFeatures(known, bank.labels, asked, classes.length, settings, (done, total) =>
      bar.update(done, total, 'epochs'),
    );
  });
  const counts = { bank: bank.count, queries: queries.count };
  const protocol = { optimizer: 'Adam', schedule: 'exponential' };
  const result = scored(probed, queries.labels, classes);
  return { subject, protocol: 'linear (features)', settings: { ...protocol, ...settings, ...counts }, result };
}

/** Random crops and flips, no colours changed. */
export function cropView({ size, mean, std }: View, scale: readonly [number, number]): View {
  const channels = mean.length as 1 | 3;
  return smallView({ size, channels, mean, std, crop: { scale, ratio: [3 / 4, 4 / 3] }, jitter: null, gray: 0 });
}

export function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

function lines({ subject, protocol, settings, result }: Measured, { classes }: Opened): string[] {
  const {
    accuracy: top1,
    top5,
    lr,
    perClass: shares,
    confusion: matrix,
  } = result as ReturnType<typeof scored> & { lr?: number };
  const best = top5 === undefined ? '' : `, top 5 ${percent(top5)}`;
  const rate = lr === undefined ? '' : `, at learning rate ${lr}`;
  return [
    `${protocol}, ${subject.name}: top 1 ${percent(top1)}${best} of ${settings.queries} queries${rate}`,
    ...classTable(classes, shares, matrix),
  ];
}
