import type { Command } from 'commander';
import { UsageError } from '../../errors.js';
import { shortName } from '../../pretrain/folder/run-folder.js';
import { pretrain, resolveConfig } from '../../pretrain/index.js';
import { aboveZero, notNegative, wholeNumber } from '../shared/arguments.js';
import { openSubjects, type Subject } from '../shared/encoders.js';
import { type EvaluationFlags, evaluationCommand } from '../shared/evaluation.js';
import { tellTuned } from '../shared/finetune-result.js';
import { ownSettings } from '../shared/provenance.js';
import { showTraining } from '../shared/training.js';

interface Options extends EvaluationFlags {
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

/** For small images; the fewer the labels, the more often each is seen. */
function durationFor(share: number): { epochs: number; batch: number } {
  if (share <= 0.02) return { epochs: 200, batch: 64 };
  return { epochs: share <= 0.2 ? 60 : 30, batch: 128 };
}

/**
 * `tandem finetune <run|encoder> <images> --labels 1%`: what an encoder is worth to someone with
 * few labels.
 */
export function finetuneCommand(): Command {
  const byLabels = (name: 'epochs' | 'batch') =>
    `${[0.01, 0.1, 1].map((share) => durationFor(share)[name]).join(', ')} with 1 %, 10 %, 100 % of the labels`;
  return evaluationCommand('finetune', false)
    .requiredOption('--labels <share>', 'share of the labels of each class, such as 1%, 10% or 100%', share)
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
      'run folder of the tuned network, new or empty (default: the next free runs/<images>-finetune-<share>)',
    )
    .action(async (runOrFile: string, images: string, options: Options) => {
      const { of = 'kept', out, json, ...settings } = options;
      if (of === 'both') throw new UsageError('--of both: one encoder is tuned; give student or teacher');
      const [{ encoder, card }] = openSubjects(runOrFile, of) as [Subject];
      encoder.dispose();
      const config = resolveConfig({
        ...{ images, method: 'supervised', from: runOrFile, of },
        ...durationFor(options.labels),
        ...{ size: card.size, ...ownSettings(runOrFile, images) },
        ...settings,
      });
      const name = `${shortName(images)}-finetune-${Number((100 * options.labels).toPrecision(6))}pct`;
      const { run } = await showTraining(images, (hooks) => pretrain(config, { out, name, ...hooks }), false);
      await tellTuned(run, json === true);
    });
}

function share(text: string): number {
  const [, number] = /^(\d+(?:\.\d+)?)\s*%$/.exec(text) ?? [];
  const value = Number(number) / 100;
  if (value > 0 && value <= 1) return value;
  throw new UsageError(`--labels must be a share above 0 % and up to 100 %, such as 10%, got ${text}`);
}
