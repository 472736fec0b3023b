import { Command } from 'commander';
import { calibrateClassifier } from '../../evaluate/index.js';
import { percent } from '../../math.js';
import type { ClassifierChoice } from '../../runs/index.js';
import { oneOf } from '../shared/arguments.js';
import { type MeasureFlags, measureOptions, withMeasuring } from '../shared/encoder-flags.js';
import { print, printJson } from '../terminal/print.js';
import { withProgress } from '../terminal/progress.js';

interface Flags extends MeasureFlags {
  classifier?: ClassifierChoice;
}

/** `tandem calibrate <run> <images>`: probabilities that are right as often as they say. */
export function calibrateCommand(): Command {
  return withMeasuring(new Command('calibrate'), 'kept')
    .option(
      '--classifier <which>',
      'own (of a fine-tuned or distilled run) or linear (of `tandem linear`) (default: own, or else linear)',
      oneOf('--classifier', ['own', 'linear']),
    )
    .action(run);
}

async function run(encoder: string, images: string, { classifier, ...flags }: Flags): Promise<void> {
  const options = { ...measureOptions(encoder, images, flags), classifier };
  const made = await withProgress('calibrating', (hooks) => calibrateClassifier(options, hooks));
  if (flags.json) {
    const { classifier: file, ...result } = made;
    return printJson({ command: 'calibrate', classifier: file, images, result });
  }
  print(
    `temperature ${made.temperature.toFixed(3)}, fitted on ${made.images} queries: ${made.classifier}`,
    `calibration error ${percent(made.before)} before, ${percent(made.after)} after (each half by the other's temperature)`,
  );
}
