import { fromBuffer, scope } from 'tandem-torch';
import { UsageError } from '../../errors.js';
import { writeNew } from '../../files/write-whole.js';
import { limit, svgToPng } from '../../images/index.js';
import { l2Normalize, percent } from '../../math.js';
import { keepScatter, type OpenedEncoder } from '../../runs/index.js';
import type { JobHooks } from '../hooks.js';
import type { LabelledSet } from '../labels.js';
import { featuresOf, type MeasureOptions, type Opened, withOpened } from '../open.js';
import { type EvaluationRecord, evaluationRecord, recordAll } from '../record.js';
import { type ClusterScores, clusterScores, daviesBouldin } from './clusters.js';
import { principalComponents } from './pca.js';
import { scatterSvg } from './picture.js';
import { type PictureFiles, pictureFiles } from './picture-files.js';
import { checkSpread, type TsneLayout, type TsneSettings, tsne, tsneDefaults } from './tsne.js';

/** Which encoder and images, how points are laid out, and where the picture goes. */
export interface TsneMeasureOptions extends MeasureOptions {
  /** At most so many of the queries, evenly over the classes; defaults to 5000. */
  readonly points?: number | undefined;
  /** Defaults to 30, or to a third of the images where these are few. */
  readonly perplexity?: number | undefined;
  /** Defaults to 1000. */
  readonly iterations?: number | undefined;
  /** The picture, .svg or .png: both are written. Defaults to the next free tsne.svg of the run. */
  readonly out?: string | undefined;
}

/** The numbers that a picture is no proof of. */
export interface TsneResult {
  /** Of the encoder's features, by cosine. */
  readonly features: ClusterScores & { readonly daviesBouldin: number };
  /** Of the points in the plane. */
  readonly map: ClusterScores & { readonly daviesBouldin: number };
  /** Kullback and Leibler's, of the neighbourhoods in the plane from those of the features. */
  readonly divergence: number;
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

const components = 50;

/**
 * Draws an encoder's features of the queries in the plane. Result and layout are recorded in the
 * encoder's run.
 * @throws UserError where encoder and images do not suit each other, all features are equal, or a
 * picture exists;
 * UsageError for another ending of `out`, or more than one encoder
 */
export async function measureTsne(options: TsneMeasureOptions, hooks: JobHooks = {}): Promise<TsneMeasurement> {
  const { which = 'kept', out, images } = options;
  if (which === 'both') throw new UsageError('--encoder both: t-SNE draws one encoder; give student or teacher');
  const files = pictureFiles(options.encoder, out);
  return withOpened('t-SNE', { ...options, which }, hooks, async (opened) => {
    const [encoder] = opened.encoders as [OpenedEncoder];
    const shown = limit(opened.queries, options.points ?? 5000) as LabelledSet;
    const { record, points } = layOut(encoder, shown, options, opened, hooks);
    const title = `t-SNE of ${images}${nameOf(encoder)}: ${shown.count.toLocaleString('en')} images`;
    const notes = notesOn(record.result);
    const svg = scatterSvg({ points, labels: shown.labels, classes: opened.classes, title, notes });
    writeNew([files.svg, svg], [files.png, await svgToPng(svg)]);
    recordAll('tsne', images, [record], hooks);
    keepScatter(encoder.file, {
      points: Array.from({ length: shown.count }, (_, i) => [points[2 * i] as number, points[2 * i + 1] as number]),
      labels: [...shown.labels],
      classNames: [...opened.classes],
      numbers: numbersOf(record.result),
      title,
    });
    return { record, files, title, notes };
  });
}

function layOut(
  encoder: OpenedEncoder,
  shown: LabelledSet,
  { iterations = tsneDefaults.iterations, ...asked }: TsneMeasureOptions,
  opened: Opened,
  hooks: JobHooks,
): { record: EvaluationRecord<TsneResult>; points: TsneLayout['points'] } {
  const perplexity = asked.perplexity ?? Math.min(tsneDefaults.perplexity, Math.max(1, (shown.count - 1) / 3));
  const settings: TsneSettings = { ...tsneDefaults, perplexity, iterations };
  return scope(() => {
    const x = l2Normalize(featuresOf(encoder, shown, 'images', opened, hooks));
    checkSpread(x);
    const { points, divergence } = tsne(principalComponents(x, components), settings, (done, total) =>
      hooks.onProgress?.(done, total, 'iterations'),
    );
    hooks.onNote?.('measuring');
    const plane = fromBuffer(points, [shown.count, 2]);
    const result = {
      features: { ...clusterScores(x, shown.labels, 'cosine'), daviesBouldin: daviesBouldin(x, shown.labels) },
      map: { ...clusterScores(plane, shown.labels, 'euclidean'), daviesBouldin: daviesBouldin(plane, shown.labels) },
      divergence,
    };
    const protocol = { normalised: true, components, start: 'PCA' };
    return {
      record: evaluationRecord(encoder, 't-SNE', { ...protocol, ...settings, points: shown.count }, result),
      points,
    };
  });
}

function nameOf({ name }: OpenedEncoder): string {
  return name === 'encoder' ? '' : `, ${name}`;
}

function notesOn({ features, map, divergence }: TsneResult): string[] {
  const scores = ({ nearest, silhouette, daviesBouldin }: TsneResult['map']) =>
    `nearest neighbour ${percent(nearest)}, silhouette ${silhouette.toFixed(3)}, Davies-Bouldin ${daviesBouldin.toFixed(3)}`;
  return [`features: ${scores(features)}`, `map: ${scores(map)}, KL divergence ${divergence.toFixed(3)}`];
}

function numbersOf({ features, map, divergence }: TsneResult): Record<string, number> {
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
