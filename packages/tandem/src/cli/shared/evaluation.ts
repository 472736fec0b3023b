import type { Device, Tensor } from '@tandem/torch';
import { Command } from 'commander';
import { chooseDevice } from '../../device.js';
import { UserError } from '../../errors.js';
import { classNames, features, type LabelledSet } from '../../evaluate/index.js';
import { CROP_MARGIN, DATA_SETS, type ImageSet, type OpenOptions, openImages } from '../../images/index.js';
import { labelled } from '../../pretrain/index.js';
import { evaluationView, type View } from '../../views/index.js';
import type { EncoderCard } from '../../weights/index.js';
import { type Progress, progress } from '../terminal/progress.js';
import { oneOf, share, wholeNumber } from './arguments.js';
import { type Choice, choices, openSubjects, type Subject } from './encoders.js';
import { type OwnSettings, ownSettings } from './provenance.js';
import { skippedFiles } from './skipped.js';

/** What every command that measures an encoder is given. */
export interface EvaluationFlags {
  of?: Choice;
  dataRoot?: string;
  maxSkipped?: number;
  cache?: string;
  device?: string;
  limit?: number;
  json?: true;
}

/** How images are opened, where not as their run did. */
export function withOpening(command: Command): Command {
  return command
    .option('--data-root <folder>', 'where named data sets are looked for first')
    .option(
      '--max-skipped <share>',
      "share of image files that may be unreadable (default: the run's for its own images, or 0.05)",
      share('--max-skipped'),
    )
    .option(
      '--cache <folder>',
      "folder for decoded images that are too many for the memory (default: the run's for its own images, or in the user's cache)",
    );
}

/**
 * A command with the arguments and options that all of them share.
 * @param both whether it measures a run's two encoders unless told otherwise
 */
export function evaluationCommand(name: string, both: boolean): Command {
  const command = new Command(name)
    .usage('<run|encoder> <images> [options]')
    .argument(
      '<encoder>',
      "run folder, or a .safetensors file: from a run's encoder/, or a ResNet under torchvision's or Hugging Face's names",
    )
    .argument('<images>', `labelled images: ${DATA_SETS.join(', ')}, a folder of class folders, or a tar or zip of one`)
    .option(
      '--of <which>',
      `of a run: ${choices.join(', ')} (default: ${both ? 'both' : 'kept'})`,
      oneOf('--of', choices),
    );
  return withOpening(command)
    .option('--device <name>', 'auto, cpu, cuda, cuda:1 or mps (default: auto)')
    .option('--limit <n>', 'at most so many images and queries, evenly over the classes', wholeNumber('--limit'))
    .option('--json', 'one JSON object with the result on stdout');
}

/** Encoders and labelled images, ready to be measured. */
export interface Opened {
  readonly subjects: readonly Subject[];
  readonly bank: LabelledSet;
  readonly queries: LabelledSet;
  readonly classes: readonly string[];
  readonly device: Device;
  readonly view: View;
  readonly bar: Progress;
}

/**
 * Opens what a command measures, runs it, and takes the progress bar away in any case.
 * @throws UserError where encoder and images do not suit each other, or the images have no two
 * classes
 */
export async function withOpened(
  label: string,
  [runOrFile, where]: readonly [string, string],
  flags: EvaluationFlags,
  whichever: Choice,
  work: (opened: Opened) => void | Promise<void>,
): Promise<void> {
  const device = chooseDevice(flags.device ?? 'auto');
  const subjects = openSubjects(runOrFile, flags.of ?? whichever);
  const bar = progress(label);
  try {
    const { card, note } = subjects[0] as Subject;
    if (note) bar.say(note);
    const { bank, queries } = await openLabelled(
      label,
      where,
      card,
      { ...ownSettings(runOrFile, where), ...flags },
      bar,
    );
    const classes = classNames(bank);
    for (const { encoder } of subjects) encoder.to({ device });
    await work({ subjects, bank, queries, classes, device, view: viewOf(card), bar });
  } finally {
    bar.stop();
    for (const { encoder } of subjects) encoder.dispose();
  }
}

/** A subject's features of a set; the scope around frees them. */
export function featuresOf(
  { encoder, name }: Subject,
  set: ImageSet,
  what: string,
  { view, device, bar }: Opened,
): Tensor {
  return features(encoder, set, {
    view,
    device,
    onProgress: (done, total) => bar.update(done, total, name === 'encoder' ? what : `${name}, ${what}`),
  });
}

async function openLabelled(
  what: string,
  where: string,
  card: EncoderCard,
  flags: EvaluationFlags & OwnSettings,
  bar: Progress,
) {
  const data = await openImages(where, {
    size: card.size,
    ...given(flags),
    margin: CROP_MARGIN,
    onProgress: bar.update,
  });
  const { note, skipped, misfit } = data;
  if (misfit) throw new UserError(`${where}: ${misfit}; give both the same class folders`);
  const known = labelled(data);
  if (!known) throw new UserError(`${where}: ${what} needs labels. ${note ?? ''}`.trim());
  if (note) bar.say(note);
  if (skipped.length > 0) bar.say(skippedFiles(skipped));
  const { bank } = known;
  checkChannels(where, bank.channels, card);
  if (bank.labels.every((label) => label === bank.labels[0])) {
    const only = bank.classes?.[bank.labels[0] as number] ?? String(bank.labels[0]);
    throw new UserError(`${where}: all ${bank.count} images are of one class, '${only}'; ${what} needs two or more`);
  }
  return known;
}

export function given({ dataRoot, limit, maxSkipped, cache }: EvaluationFlags): OpenOptions {
  return {
    ...(dataRoot && { dataRoot }),
    ...(limit && { limit }),
    ...(maxSkipped !== undefined && { maxSkippedShare: maxSkipped }),
    ...(cache && { cache }),
  };
}

export function viewOf({ size, mean, std, architecture }: EncoderCard): View {
  return evaluationView({ size, channels: architecture.channels as 1 | 3, mean, std });
}

/** @throws UserError where images have other channels than the encoder takes */
export function checkChannels(where: string, channels: number, { architecture }: EncoderCard): void {
  if (channels === architecture.channels) return;
  throw new UserError(`${where} has images of ${channels} channels, the encoder takes ${architecture.channels}`);
}
