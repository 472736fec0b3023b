import { Command } from 'commander';
import { UsageError } from '../../errors.js';
import { type Predicted, type PredictOptions, predictImages } from '../../evaluate/index.js';
import { percent } from '../../math.js';
import type { ClassifierChoice } from '../../runs/index.js';
import { oneOf, wholeNumber } from '../shared/arguments.js';
import { topLine } from '../shared/class-lines.js';
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
import { tellSkipped } from '../shared/skipped.js';
import { interruptible } from '../terminal/interruptible.js';
import { print, printJson } from '../terminal/print.js';

interface Flags extends OpeningFlags, EncoderFlags<(typeof oneEncoder)[number]> {
  top: number;
  classifier?: ClassifierChoice;
  csv?: string;
  parquet?: string;
  json?: true;
}

/** `tandem predict <run> <images>`: what a run's classifier takes pictures for. */
export function predictCommand(): Command {
  const named = new Command('predict')
    .usage('<run> <images> [options]')
    .argument('<run>', `${encoderHelp}; or an exported folder`);
  const command = withOpening(withEncoder(withAnyImages(named), oneEncoder, 'kept'))
    .option('--top <n>', 'classes of each image, likeliest first', wholeNumber('--top'), 5)
    .option(
      '--classifier <which>',
      'own (of a fine-tuned or distilled run) or linear (of `tandem linear`) (default: own, or else linear)',
      oneOf('--classifier', ['own', 'linear']),
    )
    .option('--csv <file>', 'write them to a new file, a line an image')
    .option('--parquet <file>', 'the same as Parquet');
  return withDeviceAndLimit(command).option('--json', 'one JSON object with the result on stdout').action(run);
}

async function run(encoder: string, images: string, flags: Flags): Promise<void> {
  const { top, classifier, device, json } = flags;
  const out = outOf(flags);
  const options: PredictOptions = {
    ...{ encoder, images, out, top, classifier, which: whichOf(flags), device },
    ...openingOf(flags),
  };
  const stopping = out === undefined ? 'stopping' : 'stopping; the same command resumes from here';
  const made = await interruptible('predicting', stopping, (hooks) => predictImages(options, hooks));
  const { skipped } = made;
  tellSkipped(skipped, out);
  if (json) printJson(asJson(images, made, out === undefined));
  else print(...(out === undefined ? lines(made) : []), ...summary(made));
}

function outOf({ csv, parquet }: Flags): string | undefined {
  if (csv !== undefined && parquet !== undefined) throw new UsageError('give --csv or --parquet, not both');
  for (const [flag, file, ending] of [
    ['--csv', csv, '.csv'],
    ['--parquet', parquet, '.parquet'],
  ] as const) {
    if (file !== undefined && !file.endsWith(ending))
      throw new UsageError(`${flag} must end in ${ending}, got ${file}`);
  }
  return csv ?? parquet;
}

function asJson(images: string, made: Predicted, withPredictions: boolean): object {
  const { encoder, classifier, classes, predictions, labelled, result, files, skipped } = made;
  return {
    ...{ command: 'predict', encoder, classifier, images, classes },
    result: { images: made.images, skipped: skipped.length, labelled, ...result },
    ...(withPredictions && { predictions }),
    files,
  };
}

function lines({ predictions }: Predicted): string[] {
  return predictions.map(({ file, predictions: guesses }) => {
    return `${file}: ${guesses.map(({ label, probability }) => `${label} ${percent(probability, 1)}`).join(', ')}`;
  });
}

function summary({ images, files, labelled, result }: Predicted): string[] {
  const written = files.length > 0 ? [`${images} images: ${files.join(', ')}`] : [];
  return result
    ? [...written, `of ${counted(labelled, 'image')} in folders of these classes: ${topLine(result)}`]
    : written;
}
