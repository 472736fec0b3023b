import { Command } from 'commander';
import { UsageError } from '../../errors.js';
import { finetuneConfig, finetuneDuration, pretrain } from '../../pretrain/index.js';
import { aboveZero, notNegative, wholeNumber } from '../shared/arguments.js';
import { type MeasureFlags, whichOf, withMeasuring } from '../shared/encoder-flags.js';
import { showFinetuneResult } from '../shared/finetune-result.js';
import { showTraining } from '../shared/training.js';
import { withShortHelp } from '../terminal/help.js';

interface Flags extends MeasureFlags {
  labels: number;
  fromHeadLayer?: number;
  fromScratch?: true;
  epochs?: number;
  batch?: number;
  lr?: number;
  weightDecay?: number;
  cropMin?: number;
  seed?: number;
  out?: string;
}

/**
 * `tandem finetune <run|encoder> <images> --labels 1%`: what an encoder is worth to someone with
 * few labels.
 */
export function finetuneCommand(): Command {
  const byLabels = (name: 'epochs' | 'batch') =>
    `${[0.01, 0.1, 1].map((share) => finetuneDuration(share)[name]).join(', ')} with 1 %, 10 %, 100 % of the labels`;
  const command = withMeasuring(new Command('finetune'), 'kept')
    .requiredOption('--labels <share>', 'share of the labels of each class, such as 1%, 10% or 100%', labelShare)
    .option(
      '--from-head-layer <n>',
      "keep so many layers of the run's head under the classifier; SimCLR v2 keeps 1 (default: 0)",
      wholeNumber('--from-head-layer', 0),
    )
    .option('--from-scratch', 'the same network from random weights, for comparison')
    .option('--epochs <n>', `passes over the labelled images (default: ${byLabels('epochs')})`, wholeNumber('--epochs'))
    .option('--batch <n>', `images a step (default: ${byLabels('batch')})`, wholeNumber('--batch'))
    .option('--lr <rate>', 'first learning rate; it falls along half a cosine (default: 0.05)', aboveZero('--lr'))
    .option('--weight-decay <d>', '(default: 0)', notNegative('--weight-decay'))
    .option(
      '--crop-min <share>',
      'smallest share of an image that a crop keeps (default: 0.2)',
      notNegative('--crop-min'),
    )
    .option('--seed <n>', 'of the labelled images, order and views (default: 0)', wholeNumber('--seed', 0))
    .option(
      '--out <folder>',
      'run folder of the fine-tuned network, new or empty (default: the next free runs/<images>-finetune-<share>)',
    )
    .action(run);
  return withShortHelp(command, ['--from-head-layer', '--weight-decay', '--crop-min']);
}

async function run(runOrFile: string, images: string, flags: Flags): Promise<void> {
  const { encoder, of: old, labels, out, json, ...settings } = flags;
  const which = whichOf({ encoder, of: old });
  const { config, name } = finetuneConfig({ encoder: runOrFile, images, labels, which, settings: { ...settings } });
  const { run } = await showTraining(
    images,
    (hooks) => pretrain(config, { out, name, forecast: true, ...hooks }),
    false,
  );
  await showFinetuneResult(run, json === true);
}

function labelShare(text: string): number {
  const [, number] = /^(\d+(?:\.\d+)?)\s*%$/.exec(text) ?? [];
  const value = Number(number) / 100;
  if (value > 0 && value <= 1) return value;
  throw new UsageError(`--labels must be a share above 0 % and up to 100 %, such as 10%, got ${text}`);
}
