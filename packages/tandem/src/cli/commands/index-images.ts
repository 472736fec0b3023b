import { Command } from 'commander';
import { indexImages } from '../../gallery/index.js';
import { dataSets, skippedNote } from '../../images/index.js';
import { wholeNumber } from '../shared/arguments.js';
import {
  type EncoderFlags,
  encoderHelp,
  type OpeningFlags,
  oneEncoder,
  openingOf,
  whichOf,
  withEncoder,
  withOpening,
} from '../shared/encoder-flags.js';
import { imagesArgument } from '../shared/images-argument.js';
import { listSkipped } from '../shared/skipped.js';
import { interruptible } from '../terminal/interruptible.js';
import { print, printJson, tell } from '../terminal/print.js';

interface Flags extends OpeningFlags, EncoderFlags<(typeof oneEncoder)[number]> {
  to: string;
  json?: true;
}

/** `tandem index <run|encoder> <images> --to <place>`: vectors where they can be searched. */
export function indexCommand(): Command {
  const command = new Command('index')
    .usage('<run|encoder> <images> --to <place> [options]')
    .argument('<encoder>', encoderHelp)
    .argument(
      '<images...>',
      `${dataSets.join(', ')}, a folder of images at any depth, a tar or zip of one, shards, a list of paths (.csv, .txt, ...), images, or several of these; labels are not needed`,
      imagesArgument(),
    )
    .requiredOption('--to <place>', 'a folder, or postgres://user:password@host/database with pgvector');
  return withOpening(withEncoder(command, oneEncoder, 'kept'))
    .option('--device <name>', 'auto, cpu, cuda, cuda:1 or mps (default: auto)')
    .option(
      '--limit <n>',
      'of a data set known by name: at most so many of its training and of its test images',
      wholeNumber('--limit'),
    )
    .option('--json', 'one JSON object with the result on stdout')
    .action(run);
}

async function run(encoder: string, images: string, flags: Flags): Promise<void> {
  const { to, device, json } = flags;
  const options = { encoder, images, to, which: whichOf(flags), device, ...openingOf(flags) };
  const stopping = 'stopping; the same command goes on from here';
  const made = await interruptible('indexing', stopping, (hooks) => indexImages(options, hooks));
  const { skipped, added, changed, removed, place } = made;
  if (skipped.length > 0) tell(`${skippedNote(skipped)}; ${listSkipped(skipped, undefined)}`);
  const result = { images: made.images, added, changed, removed, skipped: skipped.length };
  if (json) return printJson({ command: 'index', encoder: made.encoder, images, place, result });
  print(`${made.images} images in ${place}: ${added} new, ${changed} changed, ${removed} removed`);
}
