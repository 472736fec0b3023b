import { Command } from 'commander';
import type { CurateOptions } from '../../curate/index.js';
import { checkFolder } from '../../curate/index.js';
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
} from './encoder-flags.js';

/** What every command is given that looks through pictures by their features. */
export interface CurateFlags extends OpeningFlags, EncoderFlags<(typeof oneEncoder)[number]> {
  out?: string;
  json?: true;
}

/**
 * The command with the arguments and options that all of them share.
 * @param files what is written to the folder of `--out`, in words
 */
export function curateCommand(name: string, files: string): Command {
  const named = new Command(name).usage('<run|encoder> <images> [options]').argument('<encoder>', encoderHelp);
  const command = withAnyImages(named, 'not needed').option('--out <folder>', `writes ${files}; must not be there`);
  return withDeviceAndLimit(withOpening(withEncoder(command, oneEncoder, 'kept'))).option(
    '--json',
    'one JSON object with the result on stdout',
  );
}

/** What such a job is given. @throws UserError where the folder of `--out` is there */
export function curateOptions(encoder: string, images: string, flags: CurateFlags): CurateOptions {
  if (flags.out !== undefined) checkFolder(flags.out);
  return { encoder, images, which: whichOf(flags), device: flags.device, ...openingOf(flags) };
}
