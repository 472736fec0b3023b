import { type Tensor, tensor } from 'tandem-torch';
import type { LabelledSet } from '../../src/evaluate/index.js';
import { bytesOf } from '../../src/images/index.js';
import { evaluationView } from '../../src/views/index.js';
import { fixture, hashed } from '../support.js';

/** What scikit-learn and PyTorch found for these images; see scripts/fixtures/evaluate.py. */
export const reference = fixture<{
  counts: { train: number; queries: number; mapped: number };
  firstPixels: string;
  knn: { k: number; temperature: number; classes: string }[];
  linear: { logisticRegression: number; adam: number; sgd: { lr: number; accuracy: number }[] };
  clusters: Record<
    'silhouetteCosine' | 'silhouettePlane' | 'daviesBouldin' | 'daviesBouldinPlane' | 'nearestCosine',
    number
  >;
  tsne: { perplexity: number; klDivergence: number; silhouette: number; variances: number[] };
}>('evaluate');

const [classes, side] = [10, 8];
const width = side * side;

function blobs(name: string, count: number, t: number): LabelledSet {
  const numbers = (shape: number[], at: number) => hashed(shape, at).data() as Float64Array;
  const means = numbers([classes, width], 1);
  const [a, b, c] = [0, 1, 2].map((i) => numbers([count, width], t + i)) as [Float64Array, Float64Array, Float64Array];
  const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
  const pixels = Uint8Array.from({ length: count * width }, (_, at) => {
    const mean = (means[((labels[Math.floor(at / width)] as number) * width + (at % width)) as number] as number) - 0.5;
    const noise = (a[at] as number) + (b[at] as number) + (c[at] as number) - 1.5;
    return Math.min(255, Math.max(0, Math.floor(128 + 40 * mean + 80 * noise + 0.5)));
  });
  const names = Array.from({ length: classes }, (_, i) => `class ${i}`);
  return { name, count, channels: 1, height: side, width: side, pixels, labels, classes: names };
}

export const train = blobs('train', reference.counts.train, 2);
export const queries = blobs('queries', reference.counts.queries, 5);

/** Shows the images as they are. */
export const view = evaluationView({ size: side, channels: 1, mean: [0.5], std: [0.25] });

/** The pixels as features, float64. */
export function pixelFeatures(set: LabelledSet, images = set.count): Tensor {
  const values = Float64Array.from(bytesOf(set, 0, images), (pixel) => (pixel / 255 - 0.5) / 0.25);
  return tensor(values, { shape: [images, width] });
}
