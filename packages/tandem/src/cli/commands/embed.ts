import { Command } from 'commander';
import { embedFormats } from '../../evaluate/embed/formats.js';
import { embedImages, type JobHooks } from '../../evaluate/index.js';
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
import { isLaunched, joinOthers, processesFlag, tellingGroup } from '../shared/processes.js';
import { tellSkipped } from '../shared/skipped.js';
import { interruptible, interruptibleQuietly } from '../terminal/interruptible.js';
import { print, printJson } from '../terminal/print.js';

interface Flags extends OpeningFlags, EncoderFlags<(typeof oneEncoder)[number]> {
  out: string;
  normalize?: true;
  processes?: string;
  json?: true;
}

/**
 * `tandem embed <run|encoder> <images> --out FILE`: the features of any images, for other tools.
 */
export function embedCommand(): Command {
  const named = new Command('embed')
    .usage('<run|encoder> <images> --out <file> [options]')
    .argument('<encoder>', encoderHelp);
  const command = withAnyImages(named, 'not needed').requiredOption(
    '--out <file>',
    `what to write, by its ending: ${Object.keys(embedFormats).join(', ')}`,
  );
  return withDeviceAndLimit(withOpening(withEncoder(command, oneEncoder, 'kept')))
    .option(
      '--normalize',
      'vectors of length 1, whose product is a cosine; an image whose features are all zero is skipped',
    )
    .option(processesFlag, 'so many processes on this machine share the work; auto is one for each GPU')
    .option('--json', 'one JSON object with the result on stdout')
    .action(run);
}

async function run(encoder: string, images: string, flags: Flags): Promise<void> {
  const { out, device, normalize, json, processes } = flags;
  if (await isLaunched(processes)) return;
  const group = await joinOthers();
  const options = { encoder, images, out, which: whichOf(flags), device, normalize, ...openingOf(flags), group };
  const work = (hooks: JobHooks) => tellingGroup(group, () => embedImages(options, hooks));
  if (group && group.rank > 0) return void (await interruptibleQuietly(work));
  const stopping = 'stopping; the same command resumes from here';
  const made = await interruptible('embedding', stopping, work);
  const { skipped, files, width } = made;
  tellSkipped(skipped, out);
  if (!json) return print(`${counted(made.images, 'image')}, ${width} features each: ${files.join(', ')}`);
  const result = { images: made.images, width, skipped: skipped.length };
  const about = { command: 'embed', encoder: made.encoder, images, protocol: 'features' };
  printJson({ ...about, settings: { size: made.size, ...(normalize && { normalize }) }, result, files });
}
