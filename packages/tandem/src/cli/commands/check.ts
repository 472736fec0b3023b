import { Command } from 'commander';
import { checkOut } from '../../files/out.js';
import {
  checkImages,
  dataSets,
  type ImageCheck,
  type PixelOptions,
  parseRange,
  writeLists,
} from '../../images/index.js';
import { wholeNumber } from '../shared/arguments.js';
import { counted } from '../shared/counted.js';
import { print, printJson } from '../terminal/print.js';
import { withProgress } from '../terminal/progress.js';

interface Flags {
  classes?: string;
  train?: string;
  test?: string;
  channels?: number;
  range?: string;
  out?: string;
  dataRoot?: string;
  json?: true;
}

/** Pictures of a kind that are named on the terminal. */
const shown = 3;

/** `tandem check <images>`: what a folder holds, and what in it is suspicious. */
export function checkCommand(): Command {
  return new Command('check')
    .usage('<images> [options]')
    .argument('<images>', `a folder, a tar or zip, shards, or ${dataSets.join(', ')}`)
    .option('--out <folder>', 'writes lists of suspicious pictures, for leaveOut=<list>; must not be there')
    .option('--classes <rule>', 'what names the class of an image, as for pretrain')
    .option('--train <glob>', 'the images to learn from')
    .option('--test <glob>', 'the images to ask about')
    .option('--channels <n>', 'channels that the pictures must have', wholeNumber('--channels'))
    .option('--range <black,white>', 'which numbers are black and white, in files of floats or of more than 8 bits')
    .option('--data-root <folder>', 'where named data sets are looked for first')
    .option('--json', 'one JSON object with the result on stdout')
    .action(run);
}

async function run(where: string, { out, json, range, ...flags }: Flags): Promise<void> {
  if (out !== undefined) checkOut(out);
  const options: PixelOptions = range === undefined ? {} : { range: parseRange(range) };
  const check = await withProgress('check', (hooks) => checkImages(where, { ...flags, ...options, ...hooks }));
  const lists = out === undefined ? undefined : await writeLists(out, check);
  if (json) printJson({ ...check, ...(lists && { lists }) });
  else print(...described(check), ...(lists ? [`lists in ${out}: ${shownLists(lists)}`] : []));
}

function described(check: ImageCheck): string[] {
  const { name, images, sizes, split, classes, notes } = check;
  const counts = (some: Readonly<Record<string, number>>) =>
    Object.entries(some)
      .map(([what, n]) => `${n.toLocaleString('en')} ${what}`)
      .join(', ');
  return [
    `${name}: ${counted(images, 'picture')}${check.skipped.length > 0 ? `, and ${counted(check.skipped.length, 'file')} that cannot be read` : ''}`,
    ...(Object.keys(check.formats).length > 0 ? [`formats: ${counts(check.formats)}`] : []),
    `channels x bits: ${counts(check.channels)}`,
    ...(sizes ? [`width ${spread(sizes.width)}, height ${spread(sizes.height)} pixels`] : []),
    classes.length > 0 ? `${counted(classes.length, 'class', 'classes')}: ${classSizes(classes)}` : 'no classes',
    split === 'given' ? 'split: given' : 'split: none; every tenth image of a class would be held out',
    ...notes,
    ...named(
      'cannot be read',
      check.skipped.map(({ file, reason }) => `${file} (${reason})`),
    ),
    ...named(
      'with the ending of another format',
      check.endings.map(({ file, reason }) => `${file} (${reason})`),
    ),
    ...named('of one colour', check.constant),
    ...named('partly black or gray', check.blank),
    ...named(
      check.duplicates.length === 1 ? 'group of copies' : 'groups of copies',
      check.duplicates.map((group) => group.join(' = ')),
    ),
    ...named(
      check.lookalikes.length === 1 ? 'group that looks alike' : 'groups that look alike',
      check.lookalikes.map((group) => group.join(' ~ ')),
    ),
    ...named(
      check.leaks.length === 1
        ? 'test picture that is among those learned from'
        : 'test pictures that are among those learned from',
      check.leaks.map(({ test, train }) => `${test} ~ ${train}`),
    ),
  ];
}

function spread({ least, median, most }: { least: number; median: number; most: number }): string {
  return least === most ? `${least}` : `${least} to ${most} (half below ${median})`;
}

function classSizes(classes: ImageCheck['classes']): string {
  const size = ({ train, test }: ImageCheck['classes'][number]) => (test > 0 ? `${train} + ${test}` : `${train}`);
  const first = classes.slice(0, 10).map((one) => `${one.name} ${size(one)}`);
  return first.join(', ') + (classes.length > 10 ? ', ...' : '');
}

function named(what: string, pictures: readonly string[]): string[] {
  if (pictures.length === 0) return [];
  const rest = pictures.length > shown ? ', ...' : '';
  return [`${pictures.length} ${what}: ${pictures.slice(0, shown).join(', ')}${rest}`];
}

function shownLists(lists: Readonly<Record<string, number>>): string {
  const all = Object.entries(lists).map(([name, n]) => `${name} (${n})`);
  return all.length > 0 ? all.join(', ') : 'none is needed';
}
