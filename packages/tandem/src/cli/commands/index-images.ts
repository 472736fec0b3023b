import { Command } from 'commander';
import { indexImages } from '../../gallery/index.js';
import { counted } from '../shared/counted.js';
import {
  type EncoderFlags,
  encoderHelp,
  type OpeningFlags,
  oneEncoder,
  openingOf,
  whichOf,
  withAnyImages,
  withDeviceAndLimit,
  withEncoder,
  withOpening,
} from '../shared/encoder-flags.js';
import { besideIndex, tellSkipped } from '../shared/skipped.js';
import { interruptible } from '../terminal/interruptible.js';
import { print, printJson } from '../terminal/print.js';

interface Flags extends OpeningFlags, EncoderFlags<(typeof oneEncoder)[number]> {
  to: string;
  json?: true;
}

/** `tandem index <run|encoder> <images> --to <place>`: vectors where they can be searched. */
export function indexCommand(): Command {
  const named = new Command('index')
    .usage('<run|encoder> <images> --to <place> [options]')
    .argument('<encoder>', encoderHelp);
  const command = withAnyImages(named, 'not needed').requiredOption(
    '--to <place>',
    'a folder, or postgres://user:password@host/database with pgvector',
  );
  return withDeviceAndLimit(withOpening(withEncoder(command, oneEncoder, 'kept')))
    .option('--json', 'one JSON object with the result on stdout')
    .action(run);
}

async function run(encoder: string, images: string, flags: Flags): Promise<void> {
  const { to, device, json } = flags;
  const options = { encoder, images, to, which: whichOf(flags), device, ...openingOf(flags) };
  const stopping = 'stopping; the same command goes on from here';
  const made = await interruptible('indexing', stopping, (hooks) => indexImages(options, hooks));
  const { skipped, added, changed, removed, place } = made;
  tellSkipped(skipped, besideIndex(place));
  const result = { images: made.images, added, changed, removed, skipped: skipped.length };
  if (json) return printJson({ command: 'index', encoder: made.encoder, images, place, result });
  print(`${counted(made.images, 'image')} in ${place}: ${added} new, ${changed} changed, ${removed} removed`);
}
