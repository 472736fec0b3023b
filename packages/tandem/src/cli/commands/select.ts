import type { Command } from 'commander';
import { type SelectOptions, selectImages, selections, writeSelection } from '../../curate/index.js';
import { oneOf, wholeNumber } from '../shared/arguments.js';
import { type CurateFlags, curateCommand, curateOptions } from '../shared/curating.js';
import { tellSkipped } from '../shared/skipped.js';
import { interruptible } from '../terminal/interruptible.js';
import { print, printJson } from '../terminal/print.js';

interface Flags extends CurateFlags {
  n: number;
  by: NonNullable<SelectOptions['by']>;
  seed: number;
}

/** `tandem select <run|encoder> <images> --n <n>`: pictures that are worth a label. */
export function selectCommand(): Command {
  return curateCommand('select', 'the selection as paths, CSV, JSONL, tasks for Label Studio, and a page')
    .requiredOption('--n <n>', 'pictures to select', wholeNumber('--n'))
    .option(
      '--by <what>',
      `${selections.join(' or ')}: all pictures near a selected one, or the most typical of each cluster`,
      oneOf('--by', selections),
      selections[0],
    )
    .option('--seed <n>', 'the same selects the same', wholeNumber('--seed', 0), 0)
    .action(run);
}

async function run(encoder: string, images: string, flags: Flags): Promise<void> {
  const { out, n, by, seed, json } = flags;
  const options = { ...curateOptions(encoder, images, flags), n, by, seed };
  const { found, files } = await interruptible('select', 'stopping', async (hooks) => {
    const found = await selectImages(options, hooks);
    return { found, files: out === undefined ? [] : await writeSelection(out, found, options, hooks) };
  });
  const { selected, among, radius, skipped } = found;
  tellSkipped(skipped, out);
  if (json) {
    const about = { command: 'select', encoder: found.encoder, images, settings: { n, by, seed } };
    const result = { among, ...(radius !== undefined && { radius }), skipped: skipped.length, selected };
    return printJson({ ...about, result, files });
  }
  const reach = radius === undefined ? '' : `; no other is farther from one than ${radius.toFixed(3)} (1 - cosine)`;
  // Without a folder the selection itself is the output, for a pipe.
  if (files.length === 0) return print(...selected.map(({ file }) => file));
  print(`${selected.length.toLocaleString('en')} of ${among.toLocaleString('en')} pictures${reach}`, files.join(', '));
}
