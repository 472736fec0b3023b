import { type Command, Option } from 'commander';
import { defined } from '../../defined.js';
import type { MeasureOptions, Opening } from '../../evaluate/index.js';
import { dataSets } from '../../images/index.js';
import { type EncoderChoice, encoderChoices, encoderNames } from '../../runs/index.js';
import { withShortHelp } from '../terminal/help.js';
import { oneOf, share, wholeNumber } from './arguments.js';
import { imagesArgument } from './images-argument.js';

/** What names classes and split, where the folders do not. */
interface LayoutFlags {
  imageColumn?: string;
  pathColumn?: string;
  labelColumn?: string;
  splitColumn?: string;
  classes?: string;
  train?: string;
  test?: string;
}

/** How images are opened, where not as their run did. */
export interface OpeningFlags extends LayoutFlags {
  dataRoot?: string;
  maxSkipped?: number;
  cache?: string;
  limit?: number;
}

/** Which of a run's encoders is meant. */
export interface EncoderFlags<Choice extends EncoderChoice = EncoderChoice> {
  encoder?: Choice;
  /** The old name of `--encoder`. */
  of?: Choice;
  device?: string;
}

/** What every command that measures an encoder is given. */
export interface MeasureFlags extends OpeningFlags, EncoderFlags {
  json?: true;
}

/** What the argument of commands that take an encoder may be. */
export const encoderHelp =
  "run folder, or a .safetensors file: from a run's encoder/, or of a public model (torchvision, timm, transformers, DINO, DINOv2, MoCo)";

/** The encoders of which one command takes one. */
export const oneEncoder = ['kept', ...encoderNames] as const;

/** Adds `--encoder`, and the name that it had. */
export function withEncoder(command: Command, choices: readonly EncoderChoice[], fallback: EncoderChoice): Command {
  return command
    .option('--encoder <which>', `of a run: ${choices.join(', ')} (default: ${fallback})`, oneOf('--encoder', choices))
    .option('--use <file>', 'file that defines the backbone or the images, where they are not of Tandem')
    .addOption(new Option('--of <which>').hideHelp().argParser(oneOf('--of', choices)).conflicts('encoder'));
}

/** Adds what says how images are opened. */
export function withOpening(command: Command): Command {
  command
    .option('--data-root <folder>', 'where named data sets are looked for first')
    .option(
      '--max-skipped <share>',
      "share of image files that may be unreadable (default: the run's for its own images, or 0.05)",
      share('--max-skipped'),
    )
    .option(
      '--cache <folder>',
      "folder for decoded images that are too many for the memory (default: the run's for its own images, or in the user's cache)",
    )
    .option(
      '--image-column <name>',
      'of a list or table: its paths, URLs or images (default: the first that holds some)',
    )
    .addOption(new Option('--path-column <name>').hideHelp())
    .option('--label-column <name>', 'of a list or table: its classes (default: one of a usual name)')
    .option('--split-column <name>', 'of a list or table: train, test, ... (default: one of a usual name)');
  return withShortHelp(command, [
    '--data-root',
    '--max-skipped',
    '--cache',
    '--image-column',
    '--label-column',
    '--split-column',
  ]);
}

const anyImages = `${dataSets.join(', ')}, a folder of images at any depth, a tar or zip of one, shards, a list of paths (.csv, .txt, ...), images, or several of these`;

/** Adds the images that a command takes with or without labels. */
export function withAnyImages(command: Command, labels?: 'not needed'): Command {
  return command.argument('<images...>', labels ? `${anyImages}; labels are ${labels}` : anyImages, imagesArgument());
}

/** Adds where such a command computes, and of how many images. */
export function withDeviceAndLimit(command: Command): Command {
  return command
    .option('--device <name>', 'auto, cpu, cuda, cuda:1 or mps (default: auto)')
    .option(
      '--limit <n>',
      'of a data set known by name: at most so many of its training and of its test images',
      wholeNumber('--limit'),
    );
}

/** Adds the arguments and options that all commands share that measure encoders. */
export function withMeasuring(command: Command, fallback: 'kept' | 'both', labels?: 'not needed'): Command {
  command
    .usage('<run|encoder> <images> [options]')
    .argument('<encoder>', encoderHelp)
    .argument(
      '<images...>',
      labels
        ? `${anyImages}; labels are ${labels}`
        : `labelled images: ${dataSets.join(', ')}, a folder of class folders, a tar or zip of one, a list of paths (.csv, .txt, ...), or several of these`,
      imagesArgument(),
    );
  return withOpening(withEncoder(command, encoderChoices, fallback))
    .option('--device <name>', 'auto, cpu, cuda, cuda:1 or mps (default: auto)')
    .option('--limit <n>', 'at most so many images and queries, evenly over the classes', wholeNumber('--limit'))
    .option(
      '--classes <what>',
      "what names the class: level=1 (outermost folder), level=-1 (innermost), or a regular expression over paths whose first group is the class (default: the run's for its own images, or the outermost folders that differ)",
    )
    .option('--train <glob>', 'images to know, by a glob over paths (default: folders such as train)')
    .option('--test <glob>', 'images to ask about, by a glob over paths (default: folders such as test or val)')
    .option('--json', 'one JSON object with the result on stdout');
}

/** How the flags say that images are opened. */
export function openingOf({ maxSkipped, imageColumn, pathColumn = imageColumn, ...flags }: OpeningFlags): Opening {
  const { dataRoot, limit, cache, classes, train, test, labelColumn, splitColumn } = flags;
  const columns = { imageColumn: pathColumn, labelColumn, splitColumn };
  return defined({ dataRoot, limit, maxSkippedShare: maxSkipped, cache, classes, train, test, ...columns });
}

/** Which encoder was asked for, by either name of the flag. */
export function whichOf<Choice extends EncoderChoice>({ encoder, of: old }: EncoderFlags<Choice>): Choice | undefined {
  return encoder ?? old;
}

/** What a job of measuring is given, from the command line. */
export function measureOptions(encoder: string, images: string, flags: MeasureFlags): MeasureOptions {
  return { encoder, images, which: whichOf(flags), device: flags.device, ...openingOf(flags) };
}
