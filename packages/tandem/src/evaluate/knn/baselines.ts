import { type Device, fromBuffer, manualSeed, scope, type Tensor } from 'tandem-torch';
import { bytesOf, type ImageSet, samplesOf } from '../../images/index.js';
import { buildEncoder, type Encoder } from '../../networks/index.js';
import { type EncoderCard, encoderView } from '../../weights/index.js';
import { features } from '../features.js';
import type { KnnSplit } from '../labels.js';
import { accuracy } from '../scores.js';
import { fewLabelsAccuracy } from './few-labels.js';
import { type KnnOptions, knn } from './knn.js';

/** How often the nearest neighbours are right with some features. */
export interface Baseline {
  /** What the features are, in words. */
  readonly features: string;
  /** With every label of the reference set. */
  readonly accuracy: number;
  /**
   * With ten labels a class and one neighbour, the mean of ten draws; absent where a class has
   * fewer.
   */
  readonly tenLabelsAClass?: number;
}

/** How neighbours vote, and for which encoder the baselines are. */
export interface BaselineOptions extends KnnOptions {
  /** Of the encoder that has to beat them. */
  readonly card: EncoderCard;
  /** Where features are computed. */
  readonly device: Device;
  /** Called after each chunk of images. */
  readonly onProgress?: ((done: number, total: number, what: string) => void) | undefined;
}

const fewLabels = { perClass: 10, draws: 10 };

/** What an encoder has to beat: raw pixels, and the same network with fresh weights. */
export function knnBaselines(split: KnnSplit, options: BaselineOptions): Baseline[] {
  manualSeed(0);
  const untrained = buildEncoder(options.card.architecture).to({ device: options.device });
  try {
    return [
      scope(() => baselineOf('raw pixels', featuresOfBoth(split, pixels), split, options)),
      encoderBaseline('untrained encoder', untrained, split, options),
    ];
  } finally {
    untrained.dispose();
  }
}

/** The same numbers of an encoder. */
export function encoderBaseline(name: string, encoder: Encoder, split: KnnSplit, options: BaselineOptions): Baseline {
  const { card, device, onProgress } = options;
  const view = encoderView(card);
  const embed = (set: ImageSet, what: string) =>
    features(encoder, set, { view, device, onProgress: (done, total) => onProgress?.(done, total, what) });
  return scope(() => baselineOf(name, featuresOfBoth(split, embed), split, options));
}

/** The same numbers of features of reference set and queries. */
export function baselineOf(
  name: string,
  [known, asked]: readonly [Tensor, Tensor],
  { reference, queries }: KnnSplit,
  options: KnnOptions,
): Baseline {
  const full = accuracy(knn(known, reference.labels, asked, options), queries.labels);
  if (smallestClass(reference.labels) < fewLabels.perClass) return { features: name, accuracy: full };
  const few = fewLabelsAccuracy(known, reference.labels, asked, queries.labels, fewLabels);
  return { features: name, accuracy: full, tenLabelsAClass: few };
}

function featuresOfBoth(
  { reference, queries }: KnnSplit,
  embed: (set: ImageSet, what: string) => Tensor,
): [Tensor, Tensor] {
  return [embed(reference, 'reference set'), embed(queries, 'queries')];
}

function pixels(set: ImageSet): Tensor {
  const samples = samplesOf(bytesOf(set), set);
  const numbers = samples instanceof Uint16Array ? Float32Array.from(samples) : samples;
  return fromBuffer(numbers, [set.count, samples.length / set.count]).to('float32');
}

function smallestClass(labels: Int32Array): number {
  const counts: number[] = [];
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return Math.min(...counts.filter((count) => count > 0));
}
