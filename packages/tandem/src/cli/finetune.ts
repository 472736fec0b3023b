import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { io } from '@tandem/torch';
import type { Command } from 'commander';
import { UsageError, UserError } from '../errors.js';
import {
  type FineTuned,
  type FineTuneSettings,
  fineTune,
  fineTuneDefaults,
  type LabelledSet,
  labelledShare,
} from '../evaluate/index.js';
import { saveEncoder } from '../export/index.js';
import { subset } from '../images/index.js';
import { tandemVersion } from '../pretrain/index.js';
import { checkRunFolder, createRunFolder, shortName } from '../pretrain/run-folder.js';
import { aboveZero, notNegative, wholeNumber } from './arguments.js';
import { classTable, scored } from './classified.js';
import { type EvaluationFlags, evaluationCommand, type Opened, withOpened } from './evaluation.js';
import { cropView, defined } from './linear.js';
import { asJson, keep, type Measured, percent } from './measured.js';
import type { Subject } from './subjects.js';

interface Options extends EvaluationFlags {
  labels: number;
  epochs?: number;
  batch?: number;
  lr?: number;
  weightDecay?: number;
  cropMin: number;
  seed: number;
  out?: string;
}

/** `tandem finetune <run|encoder> <images> --labels 1%`: what an encoder is worth to someone with few labels. */
export function finetuneCommand(): Command {
  const [few, some, all] = [0.01, 0.1, 1].map(fineTuneDefaults) as [
    FineTuneSettings,
    FineTuneSettings,
    FineTuneSettings,
  ];
  const byLabels = (name: 'epochs' | 'batch') =>
    `${few[name]}, ${some[name]}, ${all[name]} with 1 %, 10 %, 100 % of the labels`;
  return evaluationCommand('finetune', false)
    .requiredOption('--labels <share>', 'share of the labels of each class, such as 1%, 10% or 100%', share)
    .option('--epochs <n>', `passes over the labelled images (default: ${byLabels('epochs')})`, wholeNumber('--epochs'))
    .option('--batch <n>', `images a step (default: ${byLabels('batch')})`, wholeNumber('--batch'))
    .option('--lr <rate>', `first learning rate; it falls along half a cosine (default: ${all.lr})`, aboveZero('--lr'))
    .option('--weight-decay <d>', `(default: ${all.weightDecay})`, notNegative('--weight-decay'))
    .option('--crop-min <share>', 'smallest share of an image that a crop keeps', notNegative('--crop-min'), 0.2)
    .option('--seed <n>', 'of the labelled images, order and views', wholeNumber('--seed', 0), 0)
    .option(
      '--out <folder>',
      'where the tuned encoder goes, new or empty (default: the next free runs/<images>-finetune-<share>)',
    )
    .action(async (runOrFile: string, images: string, options: Options) => {
      if (options.of === 'both') throw new UsageError('--of both: one encoder is tuned; give student or teacher');
      checkRunFolder(options.out);
      await withOpened('fine-tuning', [runOrFile, images], options, 'kept', (opened) =>
        measure(images, options, opened),
      );
    });
}

function share(text: string): number {
  const [, number] = /^(\d+(?:\.\d+)?)\s*%$/.exec(text) ?? [];
  const value = Number(number) / 100;
  if (value > 0 && value <= 1) return value;
  throw new UsageError(`--labels must be a share above 0 % and up to 100 %, such as 10%, got ${text}`);
}

function measure(images: string, options: Options, opened: Opened): void {
  const { bank, queries, view, device, classes, bar } = opened;
  const [subject] = opened.subjects as [Subject];
  const { labels, epochs, batch, lr, weightDecay, seed } = options;
  const settings: FineTuneSettings = {
    ...fineTuneDefaults(labels),
    ...defined({ epochs, batch, lr, weightDecay, seed }),
  };
  const chosen = labelledShare(bank.labels, labels, seed);
  if (chosen.length < 2)
    throw new UserError(`${images}: ${percent(labels)} of ${bank.count} images is too little to learn from`);
  const train = subset(bank, chosen) as LabelledSet;
  bar.say(`${train.count} of ${bank.count} labels`);
  const crop = [options.cropMin, 1] as const;
  const started = Date.now();
  const tuned = fineTune(subject.encoder, train, queries, settings, {
    trainingView: cropView(view, crop),
    view,
    device,
    memoryFormat: 'channelsLast',
    onProgress: bar.update,
  });
  const protocol = { optimizer: 'SGD (Nesterov)', schedule: 'cosine', crop, flip: 0.5 };
  const counts = { labelled: train.count, bank: bank.count, queries: queries.count };
  const result = scored(tuned, queries.labels, classes);
  const measured: Measured = {
    subject,
    protocol: 'fine-tune',
    settings: { labels, ...protocol, ...settings, ...counts },
    result,
  };
  bar.stop();
  if (!options.json) console.log(lines(measured, classes).join('\n'));
  keep('finetune', images, [measured], bar);
  const run = save(images, options, measured, tuned, classes, (Date.now() - started) / 1000);
  if (options.json) console.log(asJson('finetune', images, [measured], { run }));
  else console.log(`tuned encoder and classifier: ${run}`);
}

/** A folder like a pretraining run's, with the tuned encoder and the classifier in it. */
function save(
  images: string,
  options: Options,
  measured: Measured,
  tuned: FineTuned,
  classes: readonly string[],
  seconds: number,
): string {
  const { subject, settings, result } = measured;
  const folder = createRunFolder(options.out, `${shortName(images)}-finetune-${options.labels * 100}pct`);
  const { architecture, size } = subject.card;
  const from = { encoder: subject.file, which: subject.name };
  folder.writeConfig({
    images,
    method: 'finetune',
    from,
    ...settings,
    backbone: architecture.backbone,
    size,
    tandem: { version: tandemVersion },
  });
  let bytes = 0;
  for (const [i, loss] of tuned.losses.entries()) {
    const last = i === tuned.losses.length - 1;
    bytes = folder.appendMetrics({ epoch: i + 1, loss, ...(last && { accuracy: result.accuracy, seconds }) }, bytes);
  }
  saveEncoder(folder.encoderFile('encoder'), subject.encoder, subject.card);
  const metadata = { classes: JSON.stringify(classes) };
  io.saveSafetensors(join(folder.path, 'classifier.safetensors'), tuned.head.stateDict(), metadata);
  writeFileSync(join(folder.path, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  tuned.head.dispose();
  folder.release();
  return folder.path;
}

function lines({ subject, settings, result }: Measured, classes: readonly string[]): string[] {
  const { accuracy, top5, perClass, confusion } = result as ReturnType<typeof scored>;
  const best = top5 === undefined ? '' : `, top 5 ${percent(top5)}`;
  return [
    `fine-tuned ${subject.name}, ${settings.labelled} labels: top 1 ${percent(accuracy)}${best} of ${settings.queries} queries`,
    ...classTable(classes, perClass, confusion),
  ];
}
