import { Command } from 'commander';
import { UsageError } from '../../errors.js';
import { dataSets, skippedNote } from '../../images/index.js';
import {
  checkPictureFile,
  type DrawnViews,
  describeOptions,
  drawViews,
  resolveConfig,
  runOptions,
  viewOptions,
} from '../../pretrain/index.js';
import { aboutPreset, viewPresetNames } from '../../views/index.js';
import { wholeNumber } from '../shared/arguments.js';
import { counted } from '../shared/counted.js';
import { gatherSettings, settingText, trainingFlags } from '../shared/settings.js';
import { settingsTable } from '../shared/settings-help.js';
import { helpTable } from '../terminal/help.js';
import { printJson, tell } from '../terminal/print.js';
import { withProgress } from '../terminal/progress.js';

interface Options {
  out?: string;
  views?: string;
  count: number;
  draws: number;
  seed?: string;
  size?: string;
  limit?: string;
  dataRoot?: string;
  config?: string;
  json?: true;
}

/**
 * `tandem views <images> --out views.png`: images beside their views, so that people see what the
 * network sees.
 */
export function viewsCommand(): Command {
  return new Command('views')
    .usage('<images> --out <file.png> [options] [key=value ...]')
    .argument('<images>', `${dataSets.join(', ')}, a folder of images at any depth, or a tar or zip of one`)
    .argument('[settings...]', 'key=value, see below')
    .option('--out <file.png>', 'the picture to write; must be given, and nothing is overwritten')
    .option('--views <preset>', 'how the views are made, see below (default: what suits the images)')
    .option('--count <n>', 'images to show', wholeNumber('--count'), 8)
    .option('--draws <n>', 'how many times the views of each image are drawn', wholeNumber('--draws'), 3)
    .option('--seed <n>', 'everything random follows from it (default: 0)')
    .option(
      '--size <n>',
      'side of the views in pixels (default: small squares of one size keep theirs, all else becomes 96)',
    )
    .option('--limit <n>', 'read at most so many images')
    .option('--data-root <folder>', 'where named data sets are looked for first')
    .option('--config <file>', "settings as JSON, such as a run's config.json: shows what that run saw first")
    .option('--json', 'one JSON object with the result on stdout')
    .addHelpText('after', viewsHelp)
    .action(run);
}

function viewsHelp(): string {
  const presets = viewPresetNames.map((name) => [name, aboutPreset(name)] as const);
  const settings = describeOptions(viewOptions).filter(({ name }) => name !== 'views');
  return [
    helpTable('Presets:', presets),
    settingsTable('Settings that change a preset, given as key=value; --config may hold others:', settings),
  ].join('\n');
}

async function run(where: string, words: string[], options: Options): Promise<void> {
  const { out, count, draws, config: file, json, ...given } = options;
  if (out === undefined) throw new UsageError('where to? Give --out views.png');
  checkPictureFile(out);
  const asked = [where, ...words];
  const known = { name: 'views', flags: trainingFlags };
  const config = resolveConfig(gatherSettings(asked, file, given, known));
  assertShown(gatherSettings(asked, undefined, {}, known));
  const drawn = await withProgress('images', ({ onProgress }) =>
    drawViews(config, { out, count, draws, onLoading: onProgress }),
  );
  const { width, height, images, settings, views, skipped } = drawn;
  if (skipped.length > 0) tell(skippedNote(skipped));
  tell(`${out}: ${contents(drawn)}`);
  const shown = Object.entries(settings).map(([name, value]) => settingText(name, value));
  tell(shown.join(' '));
  if (json) printJson({ out, width, height, images, draws, settings, views });
}

/** `3 images of cifar10, each beside 3 draws of its 2 views` */
function contents({ name, images, draws, views }: DrawnViews): string {
  const each = `each beside ${counted(draws, 'draw')} of its ${counted(views.length, 'view')}`;
  return `${counted(images.length, 'image')} of ${name}, ${each}`;
}

/**
 * What changes the picture beside the settings of views and of methods, on which the number of
 * views may depend.
 */
const others = [
  'images',
  'method',
  'preset',
  'size',
  'limit',
  'seed',
  'dataRoot',
  'maxSkipped',
  'cache',
  'channels',
  'bits',
  'range',
  'mean',
  'std',
  'leaveOut',
];

/** @throws UsageError for a setting of a run that shows nowhere */
function assertShown(settings: object): void {
  const ofViews = Object.keys(viewOptions.shape);
  const shows = (name: string) => !(name in runOptions.shape) || ofViews.includes(name) || others.includes(name);
  const idle = Object.keys(settings).find((name) => !shows(name));
  if (idle !== undefined)
    throw new UsageError(`${idle} changes no view; the settings that do are ${ofViews.join(', ')}`);
}
