import { fromBuffer, scope, type Tensor } from 'tandem-torch';
import { defined } from '../../defined.js';
import { UsageError } from '../../errors.js';
import { writeNew } from '../../files/write-whole.js';
import { limit, svgToPng } from '../../images/index.js';
import { l2Normalize, percent } from '../../math.js';
import { keepScatter, type OpenedEncoder } from '../../runs/index.js';
import type { JobHooks } from '../hooks.js';
import { featuresOf, type MeasureOptions, type Shown, withShown } from '../open.js';
import { type EvaluationRecord, evaluationRecord, recordAll } from '../record.js';
import { type ClusterScores, clusterScores, daviesBouldin } from './clusters.js';
import { type Colours, coloursOf } from './colours.js';
import { principalComponents } from './pca.js';
import { scatterSvg } from './picture.js';
import { type PictureFiles, pictureFiles } from './picture-files.js';
import { checkSpread, type TsneSettings, tsne, tsneDefaults } from './tsne.js';
import { type UmapSettings, umap, umapDefaults } from './umap.js';

/** Which encoder and images, how points are laid out, and where the picture goes. */
export interface TsneMeasureOptions extends MeasureOptions {
  /** At most so many of the queries, evenly over the classes; defaults to 5000. */
  readonly points?: number | undefined;
  /** Defaults to 30, or to a third of the images where these are few. */
  readonly perplexity?: number | undefined;
  /** Defaults to 1000. */
  readonly iterations?: number | undefined;
  /** How points are laid out; defaults to t-SNE. */
  readonly by?: (typeof layouts)[number] | undefined;
  /** Of UMAP; defaults to 15, or to all others where there are fewer. */
  readonly neighbours?: number | undefined;
  /** Of UMAP; defaults to 0. */
  readonly seed?: number | undefined;
  /**
   * Colours by so many clusters of the features; defaults to the classes, or to 8 where there are
   * no two.
   */
  readonly clusters?: number | undefined;
  /**
   * The picture, .svg or .png: both are written. Defaults to the next free tsne.svg, or umap.svg,
   * of the run.
   */
  readonly out?: string | undefined;
}

/** The numbers that a picture is no proof of. */
export interface TsneResult {
  /** Of the encoder's features, by cosine. */
  readonly features: ClusterScores & { readonly daviesBouldin: number };
  /** Of the points in the plane. */
  readonly map: ClusterScores & { readonly daviesBouldin: number };
  /**
   * Kullback and Leibler's, of the neighbourhoods in the plane from those of the features; of t-SNE
   * alone, which makes it small.
   */
  readonly divergence?: number | undefined;
}

/** What `measureTsne` found and drew. */
export interface TsneMeasurement {
  /** The scores, and all that decides them. */
  readonly record: EvaluationRecord<TsneResult>;
  /** The pictures that were written. */
  readonly files: PictureFiles;
  /** What stands above the picture. */
  readonly title: string;
  /** The numbers in two lines, as they stand below the picture. */
  readonly notes: readonly string[];
}

/** How points are laid out. */
export const layouts = ['tsne', 'umap'] as const;

const components = 50;

/**
 * Draws an encoder's features of the queries in the plane, or of all images where these have no
 * labels. Result and layout are recorded in the encoder's run.
 * @throws UserError where encoder and images do not suit each other, all features are equal, or a
 * picture exists;
 * UsageError for another ending of `out`, or more than one encoder
 */
export async function measureTsne(options: TsneMeasureOptions, hooks: JobHooks = {}): Promise<TsneMeasurement> {
  const { which = 'kept', out, images, by = 'tsne' } = options;
  if (which === 'both') throw new UsageError('--encoder both: t-SNE draws one encoder; give student or teacher');
  const files = pictureFiles(options.encoder, out, by);
  return withShown({ ...options, which }, hooks, async (shown) => {
    const { encoder } = shown;
    const set = limit(shown.set, options.points ?? 5000);
    const { record, points, colours } = await drawn({ ...shown, set }, options, hooks);
    const title = `${record.protocol} of ${images}${nameOf(encoder)}: ${set.count.toLocaleString('en')} images`;
    const notes = notesOn(record.result);
    const { labels, classes } = colours;
    const svg = scatterSvg({ points, labels, classes, title, notes });
    writeNew([files.svg, svg], [files.png, await svgToPng(svg)]);
    recordAll('tsne', images, [record], hooks);
    keepScatter(encoder.file, {
      points: Array.from({ length: set.count }, (_, i) => [points[2 * i] as number, points[2 * i + 1] as number]),
      labels: [...labels],
      classNames: [...classes],
      numbers: numbersOf(record.result),
      title,
    });
    return { record, files, title, notes };
  });
}

async function drawn(
  { encoder, set, ...shown }: Shown,
  options: TsneMeasureOptions,
  hooks: JobHooks,
): Promise<{ record: EvaluationRecord<TsneResult>; points: Float64Array; colours: Colours }> {
  const x = scope(() => l2Normalize(featuresOf(encoder, set, 'images', shown, hooks)).keep());
  try {
    checkSpread(x);
    const colours = await coloursOf(x, set, options.clusters, hooks);
    const { labels, clusters } = colours;
    const layout = await (options.by === 'umap' ? byUmap : byTsne)(x, options, hooks);
    hooks.onNote?.('measuring');
    const result = scope(() => {
      const plane = fromBuffer(layout.points, [set.count, 2]);
      return {
        features: { ...clusterScores(x, labels, 'cosine'), daviesBouldin: daviesBouldin(x, labels) },
        map: { ...clusterScores(plane, labels, 'euclidean'), daviesBouldin: daviesBouldin(plane, labels) },
        ...defined({ divergence: layout.divergence }),
      };
    });
    const settings = { normalised: true, ...layout.settings, ...defined({ clusters }), points: set.count };
    return { record: evaluationRecord(encoder, layout.name, settings, result), points: layout.points, colours };
  } finally {
    x.dispose();
  }
}

/** Points in the plane, and what decides how they came to lie. */
interface Layout {
  readonly name: string;
  readonly points: Float64Array;
  readonly settings: Readonly<Record<string, number | string>>;
  readonly divergence?: number;
}

async function byTsne(x: Tensor, options: TsneMeasureOptions, { onProgress }: JobHooks): Promise<Layout> {
  const { iterations = tsneDefaults.iterations } = options;
  const n = x.shape[0] as number;
  const perplexity = options.perplexity ?? Math.min(tsneDefaults.perplexity, Math.max(1, (n - 1) / 3));
  const settings: TsneSettings = { ...tsneDefaults, perplexity, iterations };
  const { points, divergence } = scope(() =>
    tsne(principalComponents(x, components), settings, (done, total) => onProgress?.(done, total, 'iterations')),
  );
  return { name: 't-SNE', points, divergence, settings: { components, start: 'PCA', ...settings } };
}

async function byUmap(x: Tensor, options: TsneMeasureOptions, { onProgress }: JobHooks): Promise<Layout> {
  const most = (x.shape[0] as number) - 1;
  const { neighbours = Math.min(umapDefaults.neighbours, most), seed = umapDefaults.seed } = options;
  const settings: UmapSettings = { neighbours, seed };
  const points = await umap(x, settings, (done, total) => onProgress?.(done, total, 'epochs'));
  return { name: 'UMAP', points, settings: { ...settings } };
}

function nameOf({ name }: OpenedEncoder): string {
  return name === 'encoder' ? '' : `, ${name}`;
}

function notesOn({ features, map, divergence }: TsneResult): string[] {
  const scores = ({ nearest, silhouette, daviesBouldin }: TsneResult['map']) =>
    `nearest neighbour ${percent(nearest)}, silhouette ${silhouette.toFixed(3)}, Davies-Bouldin ${daviesBouldin.toFixed(3)}`;
  const last = divergence === undefined ? '' : `, KL divergence ${divergence.toFixed(3)}`;
  return [`features: ${scores(features)}`, `map: ${scores(map)}${last}`];
}

function numbersOf({ features, map, divergence }: TsneResult): Record<string, number> {
  return {
    'nearest neighbour, features': features.nearest,
    'nearest neighbour, map': map.nearest,
    'silhouette, features': features.silhouette,
    'silhouette, map': map.silhouette,
    'Davies-Bouldin, features': features.daviesBouldin,
    'Davies-Bouldin, map': map.daviesBouldin,
    ...(divergence !== undefined && { 'KL divergence': divergence }),
  };
}
