import { cdist, fromBuffer, noGrad, oneHot, scope, type Tensor } from 'tandem-torch';
import { highestLabel, l2Normalize } from '../../math.js';

/** How well points of one class stand together, and apart from those of others. */
export interface ClusterScores {
  /** Share of points whose nearest other point has their class. */
  readonly nearest: number;
  /**
   * Mean over points of (b - a) / max(a, b), with the mean distance a to the others of its class
   * and b to those of the nearest other class; from -1 to 1, 0 for a class of one (Rousseeuw,
   * 1987).
   */
  readonly silhouette: number;
}

/**
 * How well the points of each class stand together.
 * @param x [n, d]
 * @param labels n integers from 0, of two classes at least
 * @param distance cosine is 1 - the cosine of the angle
 * @throws RangeError with fewer than two classes, or labels that do not fit
 */
export function clusterScores(x: Tensor, labels: Int32Array, distance: 'cosine' | 'euclidean'): ClusterScores {
  const n = x.shape[0] as number;
  const sizes = classSizes(x, labels);
  let right = 0;
  let sum = 0;
  scope(() =>
    noGrad(() => {
      const wide = x.to({ device: 'cpu', dtype: 'float64' });
      const points = distance === 'cosine' ? l2Normalize(wide) : wide;
      const member = oneHot(fromBuffer(BigInt64Array.from(labels, BigInt)), { numClasses: sizes.length }).to('float64');
      const step = Math.max(16, Math.floor(2 ** 24 / n));
      for (let from = 0; from < n; from += step) {
        scope(() => {
          const rows = Math.min(step, n - from);
          const part = points.narrow(0, from, rows);
          const apart =
            distance === 'cosine'
              ? part.mm(points.t()).neg_().add_(1).clamp_({ min: 0, max: 2 })
              : exactDistances(part, points);
          const itself = apart.narrow(1, from, rows);
          itself.fillDiagonal_(0);
          const toClasses = apart.mm(member).data() as Float64Array;
          itself.fillDiagonal_(Number.POSITIVE_INFINITY);
          const nearest = apart.argmin({ dim: 1 }).data() as BigInt64Array;
          for (let row = 0; row < rows; row++) {
            const own = labels[from + row] as number;
            if (labels[Number(nearest[row])] === own) right += 1;
            sum += silhouetteOf(toClasses.subarray(row * sizes.length, (row + 1) * sizes.length), sizes, own);
          }
        });
      }
    }),
  );
  return { nearest: right / n, silhouette: sum / n };
}

/** Not by a matrix product, which loses the small ones. */
function exactDistances(a: Tensor, b: Tensor): Tensor {
  return cdist(a, b, { computeMode: 2 });
}

/** @param toClasses sums of one point's distances to the points of each class */
function silhouetteOf(toClasses: Float64Array, sizes: readonly number[], own: number): number {
  const size = sizes[own] as number;
  if (size === 1) return 0;
  const within = (toClasses[own] as number) / (size - 1);
  let between = Number.POSITIVE_INFINITY;
  for (const [label, count] of sizes.entries()) {
    if (label !== own && count > 0) between = Math.min(between, (toClasses[label] as number) / count);
  }
  const larger = Math.max(within, between);
  return larger === 0 ? 0 : (between - within) / larger;
}

/**
 * Mean over classes of the worst (s_i + s_j) / d_ij, with the mean distance s of a class's points
 * to their mean and the distance d of two means; lower is better (Davies and Bouldin, 1979).
 * Distances are Euclidean.
 * @param x [n, d] @param labels n integers from 0, of two classes at least
 * @throws RangeError as `clusterScores`
 */
export function daviesBouldin(x: Tensor, labels: Int32Array): number {
  const sizes = classSizes(x, labels);
  return scope(() =>
    noGrad(() => {
      const points = x.to({ device: 'cpu', dtype: 'float64' });
      const present = [...sizes.keys()].filter((label) => (sizes[label] as number) > 0);
      const groups = present.map((label) => {
        const rows = BigInt64Array.from(
          [...labels.keys()].filter((i) => labels[i] === label),
          BigInt,
        );
        return points.indexSelect(0, fromBuffer(rows));
      });
      const means = groups.map((group) => group.mean([0]));
      const spreads = groups.map((group, i) =>
        group
          .sub(means[i] as Tensor)
          .norm(2, [1])
          .mean()
          .item(),
      );
      const between = (i: number, j: number) =>
        (means[i] as Tensor)
          .sub(means[j] as Tensor)
          .norm()
          .item();
      const worst = spreads.map((own, i) =>
        Math.max(...spreads.map((other, j) => (i === j ? 0 : ratio(own + other, between(i, j))))),
      );
      return worst.reduce((sum, value) => sum + value, 0) / worst.length;
    }),
  );
}

/** As scikit-learn has it, two classes with one mean count nothing. */
function ratio(spread: number, distance: number): number {
  return distance === 0 ? 0 : spread / distance;
}

function classSizes(x: Tensor, labels: Int32Array): number[] {
  if (labels.length !== x.shape[0]) throw new RangeError(`clusters: ${labels.length} labels do not fit ${x}`);
  const sizes = new Array<number>(highestLabel(labels) + 1).fill(0);
  for (const label of labels) sizes[label] = (sizes[label] as number) + 1;
  if (sizes.filter((size) => size > 0).length < 2) throw new RangeError('clusters: at least two classes are needed');
  return sizes;
}
