import { Command } from 'commander';
import { measureTsne, tsneDefaults } from '../../evaluate/index.js';
import { aboveZero, wholeNumber } from '../shared/arguments.js';
import { type MeasureFlags, measureOptions, withMeasuring } from '../shared/encoder-flags.js';
import { recordsAsJson } from '../shared/record-json.js';
import { print, printJson } from '../terminal/print.js';
import { withProgress } from '../terminal/progress.js';

interface Flags extends MeasureFlags {
  points: number;
  perplexity?: number;
  iterations: number;
  out?: string;
}

/**
 * `tandem tsne <run|encoder> <images>`: a picture of the features, and the numbers that a picture
 * is no proof of.
 */
export function tsneCommand(): Command {
  return withMeasuring(new Command('tsne'), 'kept')
    .option('--points <n>', 'at most so many of the queries, evenly over the classes', wholeNumber('--points'), 5000)
    .option(
      '--perplexity <p>',
      `neighbours that count, about (default: ${tsneDefaults.perplexity}, or a third of the images where these are few)`,
      aboveZero('--perplexity'),
    )
    .option(
      '--iterations <n>',
      `the first ${tsneDefaults.exaggerated} with attraction ${tsneDefaults.exaggeration} times as strong`,
      wholeNumber('--iterations'),
      tsneDefaults.iterations,
    )
    .option(
      '--out <file>',
      'the picture, .svg or .png: both are written, and must not be there (default: the next free tsne.svg in the run, or here)',
    )
    .action(run);
}

async function run(encoder: string, images: string, flags: Flags): Promise<void> {
  const { points, perplexity, iterations, out } = flags;
  const options = { ...measureOptions(encoder, images, flags), points, perplexity, iterations, out };
  const { record, files, title, notes } = await withProgress('t-SNE', (hooks) => measureTsne(options, hooks));
  if (flags.json) printJson(recordsAsJson('tsne', images, [record], { files: [files.svg, files.png] }));
  else print(title, ...notes, `pictures: ${files.svg}, ${files.png}`);
}
