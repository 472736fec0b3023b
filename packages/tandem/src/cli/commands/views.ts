import { access, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { scope, type Tensor } from '@tandem/torch';
import { Command } from 'commander';
import sharp from 'sharp';
import { UsageError, UserError } from '../../errors.js';
import { Batches, DATA_SETS, type DataSet, type ImageSet } from '../../images/index.js';
import { describeOptions, loadImages, resolveConfig, runOptions, runViews, viewOptions } from '../../pretrain/index.js';
import { aboutPreset, makeViews, presetNames, type View } from '../../views/index.js';
import { wholeNumber } from '../shared/arguments.js';
import { contactSheet, type Picture } from '../shared/contact-sheet.js';
import { skippedFiles } from '../shared/skipped.js';
import { helpTable } from '../terminal/help.js';
import { progress } from '../terminal/progress.js';
import { gather, settingsTable } from './pretrain.js';

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
  const settings = describeOptions(viewOptions).filter(({ name }) => name !== 'views');
  return new Command('views')
    .usage('<images> --out <file.png> [options] [key=value ...]')
    .argument('<images>', `${DATA_SETS.join(', ')}, a folder of images at any depth, or a tar or zip of one`)
    .argument('[settings...]', 'key=value, see below')
    .option('--out <file.png>', 'the picture to write; must be given, and nothing is overwritten')
    .option('--views <preset>', 'how the views are made, see below; what suits the images unless given')
    .option('--count <n>', 'images to show', wholeNumber('--count'), 8)
    .option('--draws <n>', 'how many times the views of each image are drawn', wholeNumber('--draws'), 3)
    .option('--seed <n>', 'everything random follows from it (default: 0)')
    .option(
      '--size <n>',
      'side of the views in pixels; unless given, small squares of one size keep theirs and all else becomes 96',
    )
    .option('--limit <n>', 'read at most so many images')
    .option('--data-root <folder>', 'where named data sets are looked for first')
    .option('--config <file>', "settings as JSON, such as a run's config.json: shows what that run saw first")
    .option('--json', 'one JSON object with the result on stdout')
    .addHelpText(
      'after',
      [
        helpTable(
          'Presets:',
          presetNames.map((name) => [name, aboutPreset(name)] as const),
        ),
        settingsTable('Settings that change a preset, given as key=value; --config may hold others:', settings),
      ].join('\n'),
    )
    .action(run);
}

async function run(where: string, words: string[], options: Options): Promise<void> {
  const { out, count, draws, config: file, json, ...given } = options;
  if (out === undefined) throw new UsageError('where to? Give --out views.png');
  if (!/\.png$/i.test(out)) throw new UsageError(`--out must name a .png file, got ${out}`);
  await assertFree(out);
  const config = resolveConfig(gather([where, ...words], file, given));
  assertShown(gather([where, ...words], undefined, {}));
  const bar = progress('images');
  const data = await loadImages(config, { onLoading: bar.update }).finally(bar.stop);
  const { train: set, skipped } = data;
  if (skipped.length > 0) console.error(skippedFiles(skipped));
  const { settings, views: all } = runViews(config.views, data, config.method.views);
  const views = settings.views === 'none' ? all.slice(0, 1) : all;
  const { rows, indices } = lookAt(data, views, {
    count: Math.min(count, set.count),
    draws,
    seed: config.execution.seed,
  });
  const gaps = new Set(Array.from({ length: draws }, (_, draw) => 1 + draw * views.length));
  const { pixels, width, height } = contactSheet(rows, gaps);
  const png = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  await writeFile(out, png, { flag: 'wx' }).catch((error) => fail(out, error));
  const counted = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;
  const [images, times, made] = [
    counted(indices.length, 'image'),
    counted(draws, 'draw'),
    counted(views.length, 'view'),
  ];
  console.error(`${out}: ${images} of ${set.name}, each beside ${times} of its ${made}`);
  const shown = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  console.error(shown.join(' '));
  if (json) console.log(JSON.stringify({ out, width, height, images: indices, draws, settings, views }));
}

/**
 * A row an image: itself, then its views as often as they are drawn, as in the first epochs of a
 * run with that seed.
 */
function lookAt(
  { train: set }: DataSet,
  views: readonly View[],
  { count, draws, seed }: { count: number; draws: number; seed: number },
): { rows: Picture[][]; indices: number[] } {
  const [batch] = new Batches(set, { batch: count, seed }).epoch(0);
  if (!batch) throw new UserError(`${set.name}: there are no images`);
  const rows = Array.from({ length: count }, (_, i) => [pictureOf(set, batch.bytes, i)]);
  for (let draw = 0; draw < draws; draw++) {
    scope(() => {
      for (const [number, made] of makeViews(batch, set, views, { seed, draw }).entries()) {
        const { size } = views[number] as View;
        const bytes = shownBytes(made, views[number] as View);
        const shape = { channels: set.channels, height: size, width: size };
        for (const [i, row] of rows.entries()) row.push(pictureOf(shape, bytes, i));
      }
    });
  }
  return { rows, indices: Array.from(batch.indices) };
}

function pictureOf(
  { channels, height, width }: Omit<ImageSet, 'name' | 'count' | 'pixels'>,
  bytes: Uint8Array,
  i: number,
) {
  const stride = channels * height * width;
  return { side: { height, width }, channels, pixels: bytes.subarray(i * stride, (i + 1) * stride) };
}

/** The pixels of views, without their normalisation. */
function shownBytes(made: Tensor, { mean, std }: View): Uint8Array {
  const [, channels, height, width] = made.shape as [number, number, number, number];
  return Uint8Array.from(made.data() as Float32Array, (value, at) => {
    const c = Math.floor(at / (height * width)) % channels;
    return Math.round(255 * Math.min(1, Math.max(0, value * (std[c] as number) + (mean[c] as number))));
  });
}

/**
 * What changes the picture beside the settings of views and of methods, on which the number of
 * views may depend.
 */
const OTHERS = ['images', 'method', 'preset', 'size', 'limit', 'seed', 'dataRoot', 'maxSkipped', 'cache'];

/** @throws UsageError for a setting of a run that shows nowhere */
function assertShown(settings: object): void {
  const ofViews = Object.keys(viewOptions.shape);
  const shows = (name: string) => !(name in runOptions.shape) || ofViews.includes(name) || OTHERS.includes(name);
  const idle = Object.keys(settings).find((name) => !shows(name));
  if (idle !== undefined)
    throw new UsageError(`${idle} changes no view; the settings that do are ${ofViews.join(', ')}`);
}

async function assertFree(out: string): Promise<void> {
  const exists = await access(out).then(
    () => true,
    () => false,
  );
  if (exists) throw new UserError(`${out} is there already and is not overwritten; name another file`);
  await access(dirname(out)).catch((error) => fail(out, error));
}

function fail(out: string, error: NodeJS.ErrnoException): never {
  if (error.code === 'EEXIST') throw new UserError(`${out} is there already and is not overwritten; name another file`);
  if (error.code === 'ENOENT') throw new UserError(`${dirname(out)}: there is no such folder for the picture`);
  throw new UserError(`${out} cannot be written (${error.code ?? error.message})`);
}
