import { scope, type Tensor } from 'tandem-torch';
import { UserError } from '../../errors.js';
import { type Affinities, affinities } from './affinities.js';
import { principalComponents } from './pca.js';
import { Quadtree } from './quadtree.js';

/** What decides how a layout comes out; the defaults are those of the usual implementations. */
export interface TsneSettings {
  /** About how many neighbours of a point count; from 1 to less than the points. */
  readonly perplexity: number;
  /** Steps of the descent. */
  readonly iterations: number;
  /** Attraction is so many times stronger in the first iterations, */
  readonly exaggeration: number;
  /** in so many. */
  readonly exaggerated: number;
  /** Barnes and Hut's; 0 is exact and slow. */
  readonly angle: number;
  /** Defaults to max(n / 48, 50) (Belkina et al., 2019). */
  readonly learningRate?: number;
}

/** Those of the usual implementations. */
export const tsneDefaults: TsneSettings = {
  perplexity: 30,
  iterations: 1000,
  exaggeration: 12,
  exaggerated: 250,
  angle: 0.5,
};

/** Points in the plane. */
export interface TsneLayout {
  /** x and y of each point, one after another. */
  readonly points: Float64Array;
  /**
   * The Kullback-Leibler divergence of the neighbourhoods in the plane from those of the features.
   */
  readonly divergence: number;
}

const startingSpread = 1e-4;
const smallestGain = 0.01;

/**
 * Lays points out in the plane so that neighbours stay neighbours: t-SNE (van der Maaten and
 * Hinton, 2008) with Barnes and Hut's approximation (van der Maaten, 2014), from the first two
 * principal components. Nothing is left to chance: the same features give the same picture.
 * @param x [n, d]
 * @throws UserError when there are no more points than the perplexity, all points are equal, or one
 * is NaN or infinite
 */
export function tsne(
  x: Tensor,
  given: Partial<TsneSettings> = {},
  onProgress?: (done: number, total: number) => void,
): TsneLayout {
  const settings = { ...tsneDefaults, ...given };
  const { perplexity, iterations, exaggerated, exaggeration } = settings;
  const n = x.shape[0] as number;
  if (!(perplexity >= 1 && perplexity < n)) {
    throw new UserError(`t-SNE of ${n} points needs a perplexity from 1 to less than ${n}, not ${perplexity}`);
  }
  checkSpread(x);
  const pulls = scope(() => affinities(x.to({ device: 'cpu', dtype: 'float64' }), perplexity));
  const rate = settings.learningRate ?? Math.max(n / 48, 50);
  const tree = new Quadtree(n);
  const points = start(x);
  const descend = (from: number, to: number, strength: number, momentum: number) => {
    const step = new Float64Array(2 * n);
    const gains = new Float64Array(2 * n).fill(1);
    for (let iteration = from; iteration < to; iteration++) {
      const slope = gradient(points, pulls, tree, strength, settings.angle);
      move(points, slope, step, gains, rate, momentum);
      onProgress?.(iteration + 1, iterations);
    }
  };
  const first = Math.min(exaggerated, iterations);
  descend(0, first, exaggeration, 0.5);
  descend(first, iterations, 1, 0.8);
  return { points, divergence: divergence(points, pulls, tree) };
}

/**
 * Equal to the rounding of float32: what such points, or NaN, give is no picture.
 * @param x [n, d]
 * @throws UserError where all points are equal, or one is NaN or infinite
 */
export function checkSpread(x: Tensor): void {
  scope(() => {
    const wide = x.to({ device: 'cpu', dtype: 'float64' });
    if (wide.isfinite().all().item() !== 1) throw new UserError('t-SNE: features are NaN or infinite');
    const largest = wide.abs().max().item();
    const spread = wide
      .sub(wide.narrow(0, 0, 1))
      .abs()
      .max()
      .item();
    if (spread <= 1e-6 * largest)
      throw new UserError(`t-SNE: the features of all ${x.shape[0]} images are equal; the encoder tells none apart`);
  });
}

/** The first two principal components, tiny. */
function start(x: Tensor): Float64Array {
  return scope(() => {
    const plane = principalComponents(x, 2);
    const spread = plane.select(1, 0).std([0], { unbiased: false }).item();
    const values = plane.mul(startingSpread / Math.max(spread, Number.MIN_VALUE)).data() as Float64Array;
    if (plane.shape[1] === 2) return values;
    return Float64Array.from({ length: 2 * values.length }, (_, i) => (i % 2 === 0 ? (values[i / 2] as number) : 0));
  });
}

/** Of the divergence: 4 (attraction - repulsion), for each coordinate. */
function gradient(
  points: Float64Array,
  { start, column, value }: Affinities,
  tree: Quadtree,
  strength: number,
  angle: number,
): Float64Array {
  const slope = new Float64Array(points.length);
  tree.build(points);
  const total = tree.repel(slope, angle);
  for (let i = 0; i < slope.length / 2; i++) {
    const x = points[2 * i] as number;
    const y = points[2 * i + 1] as number;
    let [pullX, pullY] = [0, 0];
    for (let e = start[i] as number; e < (start[i + 1] as number); e++) {
      const j = column[e] as number;
      const dx = x - (points[2 * j] as number);
      const dy = y - (points[2 * j + 1] as number);
      const share = (value[e] as number) / (1 + dx * dx + dy * dy);
      pullX += share * dx;
      pullY += share * dy;
    }
    slope[2 * i] = 4 * (strength * pullX - (slope[2 * i] as number) / total);
    slope[2 * i + 1] = 4 * (strength * pullY - (slope[2 * i + 1] as number) / total);
  }
  return slope;
}

/**
 * Momentum, and a gain for each coordinate that grows while it keeps its direction (Jacobs, 1988).
 */
function move(
  points: Float64Array,
  slope: Float64Array,
  step: Float64Array,
  gains: Float64Array,
  rate: number,
  momentum: number,
): void {
  for (let i = 0; i < points.length; i++) {
    const keeps = (step[i] as number) * (slope[i] as number) < 0;
    const gain = Math.max(smallestGain, keeps ? (gains[i] as number) + 0.2 : (gains[i] as number) * 0.8);
    gains[i] = gain;
    step[i] = momentum * (step[i] as number) - rate * gain * (slope[i] as number);
    points[i] = (points[i] as number) + (step[i] as number);
  }
}

function divergence(points: Float64Array, { start, column, value }: Affinities, tree: Quadtree): number {
  tree.build(points);
  const total = tree.repel(new Float64Array(points.length), 0);
  let sum = 0;
  for (let i = 0; i + 1 < start.length; i++) {
    for (let e = start[i] as number; e < (start[i + 1] as number); e++) {
      const j = column[e] as number;
      const dx = (points[2 * i] as number) - (points[2 * j] as number);
      const dy = (points[2 * i + 1] as number) - (points[2 * j + 1] as number);
      const p = value[e] as number;
      if (p > 0) sum += p * Math.log(p * total * (1 + dx * dx + dy * dy));
    }
  }
  return sum;
}
