import type { Command } from 'commander';
import { defaultNeighbours, findOutliers, writeOutliers } from '../../curate/index.js';
import { wholeNumber } from '../shared/arguments.js';
import { type CurateFlags, curateCommand, curateOptions } from '../shared/curating.js';
import { tellSkipped } from '../shared/skipped.js';
import { interruptible } from '../terminal/interruptible.js';
import { print, printJson } from '../terminal/print.js';

interface Flags extends CurateFlags {
  k: number;
  n: number;
}

/** Pictures that are named on the terminal. */
const shown = 10;

/** `tandem outliers <run|encoder> <images>`: pictures that are like no others. */
export function outliersCommand(): Command {
  return curateCommand('outliers', 'the list for leaveOut=, the ranking of all as CSV and JSONL, and a page')
    .option('--k <n>', 'nearest neighbours that count', wholeNumber('--k'), defaultNeighbours)
    .option('--n <n>', 'pictures in list and page, at most', wholeNumber('--n'), 100)
    .action(run);
}

async function run(encoder: string, images: string, flags: Flags): Promise<void> {
  const { out, k, n, json } = flags;
  const options = { ...curateOptions(encoder, images, flags), k };
  const { found, files } = await interruptible('outliers', 'stopping', async (hooks) => {
    const found = await findOutliers(options, hooks);
    return { found, files: out === undefined ? [] : await writeOutliers(out, n, found, options, hooks) };
  });
  const { ranked, skipped } = found;
  tellSkipped(skipped, out);
  const first = ranked.slice(0, n);
  if (json) {
    const about = { command: 'outliers', encoder: found.encoder, images, settings: { k: found.k, n } };
    return printJson({ ...about, result: { images: ranked.length, skipped: skipped.length, found: first }, files });
  }
  print(
    `the least like their ${found.k} nearest, of ${ranked.length.toLocaleString('en')} pictures (mean of 1 - cosine):`,
    ...first.slice(0, shown).map(({ file, distance }) => `${distance.toFixed(4)} ${file}`),
    ...(first.length > shown ? ['...'] : []),
    files.length > 0 ? files.join(', ') : 'with --out FOLDER: a list, the ranking and a page',
  );
}
