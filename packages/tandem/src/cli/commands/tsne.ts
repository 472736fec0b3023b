import { Command } from 'commander';
import { UsageError } from '../../errors.js';
import { layouts, measureTsne, tsneDefaults } from '../../evaluate/index.js';
import { aboveZero, oneOf, wholeNumber } from '../shared/arguments.js';
import { type MeasureFlags, measureOptions, withMeasuring } from '../shared/encoder-flags.js';
import { recordsAsJson } from '../shared/record-json.js';
import { print, printJson } from '../terminal/print.js';
import { withProgress } from '../terminal/progress.js';

interface Flags extends MeasureFlags {
  points: number;
  perplexity?: number;
  iterations: number;
  by: (typeof layouts)[number];
  neighbours?: number;
  seed?: number;
  clusters?: number;
  out?: string;
}

/**
 * `tandem tsne <run|encoder> <images>`: a picture of the features, and the numbers that a picture
 * is no proof of.
 */
export function tsneCommand(): Command {
  return withMeasuring(new Command('tsne'), 'kept', 'not needed')
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
    .option('--by <layout>', `${layouts.join(' or ')}`, oneOf('--by', layouts), layouts[0])
    .option(
      '--neighbours <n>',
      'of umap (default: 15, or all others where these are fewer)',
      wholeNumber('--neighbours', 2),
    )
    .option('--seed <n>', 'of umap (default: 0)', wholeNumber('--seed', 0))
    .option(
      '--clusters <n>',
      'colours by so many clusters of the features (default: the classes, or 8 where there are no two)',
      wholeNumber('--clusters', 2),
    )
    .option(
      '--out <file>',
      'the picture, .svg or .png: both are written, and must not be there (default: the next free tsne.svg, or umap.svg, in the run, or here)',
    )
    .action(run);
}

async function run(encoder: string, images: string, flags: Flags): Promise<void> {
  const { points, perplexity, iterations, by, neighbours, seed, clusters, out } = flags;
  if (by === 'umap' && perplexity !== undefined) throw new UsageError('--perplexity is of tsne; umap has --neighbours');
  const layout = { perplexity, iterations, by, neighbours, seed, clusters };
  const options = { ...measureOptions(encoder, images, flags), points, ...layout, out };
  const { record, files, title, notes } = await withProgress(by === 'umap' ? 'UMAP' : 't-SNE', (hooks) =>
    measureTsne(options, hooks),
  );
  if (flags.json) printJson(recordsAsJson('tsne', images, [record], { files: [files.svg, files.png] }));
  else print(title, ...notes, `pictures: ${files.svg}, ${files.png}`);
}
