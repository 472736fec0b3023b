import { existsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { fromBuffer, scope } from '@tandem/torch';
import type { Command } from 'commander';
import { UsageError, UserError } from '../../errors.js';
import {
  clusterScores,
  daviesBouldin,
  type LabelledSet,
  type Layout,
  principalComponents,
  scatterSvg,
  type TsneSettings,
  tsne,
  tsneDefaults,
} from '../../evaluate/index.js';
import { limit, svgToPng } from '../../images/index.js';
import { l2Normalize } from '../../math.js';
import { keepScatter } from '../../runs/index.js';
import { aboveZero, wholeNumber } from '../shared/arguments.js';
import type { Subject } from '../shared/encoders.js';
import { type EvaluationFlags, evaluationCommand, featuresOf, type Opened, withOpened } from '../shared/evaluation.js';
import { asJson, keep, type Measured, percent } from '../shared/record.js';

interface Options extends EvaluationFlags {
  points: number;
  perplexity?: number;
  iterations: number;
  out?: string;
}

const components = 50;

/**
 * `tandem tsne <run|encoder> <images>`: a picture of the features, and the numbers that a picture
 * is no proof of.
 */
export function tsneCommand(): Command {
  return evaluationCommand('tsne', false)
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
    .action(async (runOrFile: string, images: string, options: Options) => {
      const files = pictureFiles(runOrFile, options);
      await withOpened('t-SNE', [runOrFile, images], options, 'kept', (opened) =>
        measure(images, options, opened, files),
      );
    });
}

interface Files {
  readonly svg: string;
  readonly png: string;
}

/**
 * @throws UsageError for another ending or several encoders; UserError where one of the two is
 * there already
 */
function pictureFiles(runOrFile: string, { out, of: which }: Options): Files {
  if (which === 'both') throw new UsageError('--of both: t-SNE draws one encoder; give student or teacher');
  if (out === undefined) {
    const folder = statSync(runOrFile, { throwIfNoEntry: false })?.isDirectory() ? runOrFile : '.';
    for (let n = 1; ; n++) {
      const free = both(join(folder, n === 1 ? 'tsne' : `tsne-${n}`));
      if (!isThere(free)) return free;
    }
  }
  const ending = extname(out);
  if (ending !== '.svg' && ending !== '.png') throw new UsageError(`--out must end in .svg or .png, got ${out}`);
  const files = both(out.slice(0, -ending.length));
  if (!existsSync(dirname(out))) throw new UserError(`${dirname(out)}: there is no such folder for the picture`);
  const there = isThere(files);
  if (there) throw new UserError(`${there} exists already and is never overwritten; give another --out`);
  return files;
}

function both(stem: string): Files {
  return { svg: `${stem}.svg`, png: `${stem}.png` };
}

function isThere({ svg, png }: Files): string | undefined {
  return [svg, png].find((file) => existsSync(file));
}

async function measure(images: string, options: Options, opened: Opened, files: Files): Promise<void> {
  const { classes, bar } = opened;
  const [subject] = opened.subjects as [Subject];
  const shown = limit(opened.queries, options.points) as LabelledSet;
  const { layout, ...measured } = layOut(subject, shown, options, opened);
  const { features, map } = measured.result;
  const name = subject.name === 'encoder' ? '' : `, ${subject.name}`;
  const title = `t-SNE of ${images}${name}: ${shown.count.toLocaleString('en')} images`;
  const notes = [
    `features: nearest neighbour ${percent(features.nearest)}, silhouette ${features.silhouette.toFixed(3)}, Davies-Bouldin ${features.daviesBouldin.toFixed(3)}`,
    `map: nearest neighbour ${percent(map.nearest)}, silhouette ${map.silhouette.toFixed(3)}, Davies-Bouldin ${map.daviesBouldin.toFixed(3)}, KL divergence ${measured.result.divergence.toFixed(3)}`,
  ];
  const svg = scatterSvg({ points: layout.points, labels: shown.labels, classes, title, notes });
  await writeFile(files.svg, svg, { flag: 'wx' });
  await writeFile(files.png, await svgToPng(svg), { flag: 'wx' });
  bar.stop();
  if (options.json) console.log(asJson('tsne', images, [measured], { files: [files.svg, files.png] }));
  else console.log([title, ...notes, `pictures: ${files.svg}, ${files.png}`].join('\n'));
  keep('tsne', images, [measured], bar);
  keepScatter(subject.file, {
    points: Array.from({ length: shown.count }, (_, i) => [
      layout.points[2 * i] as number,
      layout.points[2 * i + 1] as number,
    ]),
    labels: [...shown.labels],
    classNames: [...classes],
    numbers: numbersOf(measured.result),
    title,
  });
}

type Result = ReturnType<typeof layOut>['result'];

function layOut(subject: Subject, shown: LabelledSet, { iterations, ...asked }: Options, opened: Opened) {
  const { bar } = opened;
  const perplexity = asked.perplexity ?? Math.min(tsneDefaults.perplexity, Math.max(1, (shown.count - 1) / 3));
  const settings: TsneSettings = { ...tsneDefaults, perplexity, iterations };
  return scope(() => {
    const x = l2Normalize(featuresOf(subject, shown, 'images', opened));
    const layout: Layout = tsne(principalComponents(x, components), settings, (done, total) =>
      bar.update(done, total, 'iterations'),
    );
    bar.say('measuring');
    const plane = fromBuffer(layout.points, [shown.count, 2]);
    const result = {
      features: { ...clusterScores(x, shown.labels, 'cosine'), daviesBouldin: daviesBouldin(x, shown.labels) },
      map: { ...clusterScores(plane, shown.labels, 'euclidean'), daviesBouldin: daviesBouldin(plane, shown.labels) },
      divergence: layout.divergence,
    };
    const protocol = { normalised: true, components, start: 'PCA' };
    return {
      subject,
      protocol: 't-SNE',
      settings: { ...protocol, ...settings, points: shown.count },
      result,
      layout,
    } satisfies Measured & { layout: Layout };
  });
}

function numbersOf({ features, map, divergence }: Result): Record<string, number> {
  return {
    'nearest neighbour, features': features.nearest,
    'nearest neighbour, map': map.nearest,
    'silhouette, features': features.silhouette,
    'silhouette, map': map.silhouette,
    'Davies-Bouldin, features': features.daviesBouldin,
    'Davies-Bouldin, map': map.daviesBouldin,
    'KL divergence': divergence,
  };
}
