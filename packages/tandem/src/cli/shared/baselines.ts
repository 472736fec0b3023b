import { type Device, fromBuffer, manualSeed, scope, type Tensor } from '@tandem/torch';
import { accuracy, features, fewLabelsAccuracy, type KnnOptions, knn } from '../../evaluate/index.js';
import { bytesOf, type ImageSet, imageBytes } from '../../images/index.js';
import { buildEncoder, type Encoder } from '../../networks/index.js';
import type { Labelled } from '../../pretrain/index.js';
import { evaluationView } from '../../views/index.js';
import type { EncoderCard } from '../../weights/index.js';

/** How often the nearest neighbours are right. */
export interface Score {
  readonly features: string;
  /** With every label of the bank. */
  readonly accuracy: number;
  /**
   * With ten labels a class and one neighbour, the mean of ten draws; absent where a class has
   * fewer.
   */
  readonly tenLabelsAClass?: number;
}

/** What is measured with what. */
export interface ScoreOptions extends KnnOptions {
  readonly card: EncoderCard;
  readonly device: Device;
  readonly onProgress?: (done: number, total: number, what: string) => void;
}

const fewLabels = { perClass: 10, draws: 10 };

/** The encoder beside what it has to beat. */
export function scoresWithBaselines(encoder: Encoder, data: Labelled, options: ScoreOptions): Score[] {
  const baselines = baselineScores(options.card, data, options);
  const own = scope(() =>
    scoreOn('pretrained encoder', bothWith(encoderFeatures(encoder, options), data), data, options),
  );
  return [...baselines, own];
}

/** What an encoder has to beat: raw pixels, and the same network with fresh weights. */
export function baselineScores(card: EncoderCard, data: Labelled, options: Omit<ScoreOptions, 'card'>): Score[] {
  manualSeed(0);
  const untrained = buildEncoder(card.architecture).to({ device: options.device });
  try {
    return [
      scope(() => scoreOn('raw pixels', bothWith(pixels, data), data, options)),
      scope(() =>
        scoreOn('untrained encoder', bothWith(encoderFeatures(untrained, { ...options, card }), data), data, options),
      ),
    ];
  } finally {
    untrained.dispose();
  }
}

/** @param both features of bank and queries */
export function scoreOn(
  name: string,
  [remembered, asked]: readonly [Tensor, Tensor],
  { bank, queries }: Labelled,
  options: KnnOptions,
): Score {
  const full = accuracy(knn(remembered, bank.labels, asked, options), queries.labels);
  if (smallestClass(bank.labels) < fewLabels.perClass) return { features: name, accuracy: full };
  const few = fewLabelsAccuracy(remembered, bank.labels, asked, queries.labels, fewLabels);
  return { features: name, accuracy: full, tenLabelsAClass: few };
}

/** The scores as lines of a table. */
export function scoreTable(scores: readonly Score[], bank: number): string[] {
  const percent = (share: number | undefined) =>
    (share === undefined ? '' : `${(share * 100).toFixed(1)} %`).padStart(20);
  const head = [`all ${bank.toLocaleString('en')} labels`, '10 labels a class'].map((title) => title.padStart(20));
  const rows = scores.map((row) => row.features.padEnd(20) + percent(row.accuracy) + percent(row.tenLabelsAClass));
  return [''.padEnd(20) + head.join(''), ...rows];
}

function encoderFeatures(encoder: Encoder, { card, device, onProgress }: ScoreOptions) {
  const { size, mean, std } = card;
  return (set: ImageSet, what: string) => {
    const view = evaluationView({ size, channels: set.channels, mean, std });
    return features(encoder, set, { view, device, onProgress: (done, total) => onProgress?.(done, total, what) });
  };
}

function pixels(set: ImageSet): Tensor {
  return fromBuffer(bytesOf(set), [set.count, imageBytes(set)]).to('float32');
}

/** Features of bank and queries, freed with the scope around. */
function bothWith(featuresOf: (set: ImageSet, what: string) => Tensor, { bank, queries }: Labelled): [Tensor, Tensor] {
  return [featuresOf(bank, 'bank'), featuresOf(queries, 'queries')];
}

function smallestClass(labels: Int32Array): number {
  const counts: number[] = [];
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return Math.min(...counts.filter((count) => count > 0));
}
