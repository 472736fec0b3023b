import type { Command } from 'commander';
import { defaultThreshold, findDuplicates, writeDuplicates } from '../../curate/index.js';
import { aboveZero } from '../shared/arguments.js';
import { counted } from '../shared/counted.js';
import { type CurateFlags, curateCommand, curateOptions } from '../shared/curating.js';
import { tellSkipped } from '../shared/skipped.js';
import { interruptible } from '../terminal/interruptible.js';
import { print, printJson } from '../terminal/print.js';

interface Flags extends CurateFlags {
  threshold: number;
}

/** Groups that are named on the terminal, and pictures of each. */
const [shown, shownOfEach] = [3, 4] as const;

/** `tandem duplicates <run|encoder> <images>`: pictures that show nearly the same. */
export function duplicatesCommand(): Command {
  return curateCommand('duplicates', 'the list for leaveOut=, the groups as CSV and JSONL, and a page of them')
    .option(
      '--threshold <cosine>',
      'of the features, from which on pictures are near-duplicates',
      aboveZero('--threshold'),
      defaultThreshold,
    )
    .action(run);
}

async function run(encoder: string, images: string, flags: Flags): Promise<void> {
  const { out, threshold, json } = flags;
  const options = { ...curateOptions(encoder, images, flags), threshold };
  const { found, files } = await interruptible('duplicates', 'stopping', async (hooks) => {
    const found = await findDuplicates(options, hooks);
    return { found, files: out === undefined ? [] : await writeDuplicates(out, found, options, hooks) };
  });
  const { groups, skipped } = found;
  tellSkipped(skipped, out);
  const extra = groups.reduce((sum, group) => sum + group.length - 1, 0);
  const result = { images: found.images, groups: groups.length, duplicates: extra, skipped: skipped.length };
  if (json) {
    const about = { command: 'duplicates', encoder: found.encoder, images, settings: { threshold } };
    return printJson({ ...about, result: { ...result, found: groups }, files });
  }
  print(
    `${counted(found.images, 'picture')}: ${counted(extra, 'near-duplicate')} in ${counted(groups.length, 'group')}`,
    ...groups.slice(0, shown).map((group) => {
      const names = group.slice(0, shownOfEach).map(({ file }) => file);
      return [...names, ...(group.length > shownOfEach ? ['...'] : [])].join(' ~ ');
    }),
    ...(groups.length > shown ? ['...'] : []),
    files.length > 0 ? files.join(', ') : 'with --out FOLDER: the list for leaveOut=, a table and a page',
  );
}
