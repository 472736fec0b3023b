import type { Cells } from './cells.js';

/** Points in the order of a tree: those of a cell stand together. */
export interface Ordered {
  /** Which point stands where. */
  readonly order: Int32Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** What the points of one leaf see: cells and single points, and of how many points each is. */
export interface Seen {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly count: Float64Array;
}

/**
 * Adds to each point's force the sum over all others of q^2 (y_i - y_j), with q = 1 / (1 + |y_i -
 * y_j|^2). Cells that look narrower than `angle` (width over distance) count as one point; 0 makes
 * it exact.
 * @param seen room for all points
 * @returns the sum of q over all ordered pairs
 */
export function repel(cells: Cells, points: Ordered, seen: Seen, force: Float64Array, angle: number): number {
  let total = 0;
  for (let leaf = 0; leaf < cells.length; leaf++) {
    if (cells.isLeaf[leaf] === 1)
      total += push(cells, leaf, points, seen, look(cells, leaf, points, seen, angle), force);
  }
  return total - points.order.length; // each point saw itself
}

/**
 * Lists what the points of a leaf see: cells that are narrow enough from every place in the leaf,
 * and single points. Looking once for all of them costs less than the few more cells that they see.
 * @returns how many
 */
function look(cells: Cells, leaf: number, { x: px, y: py }: Ordered, seenBy: Seen, angle: number): number {
  const { x: xs, y: ys, width: widths, count: counts, first: firsts, after: afters, isLeaf: leaves } = cells;
  const { x: seenX, y: seenY, count: seenCount } = seenBy;
  const { length } = cells;
  const x = xs[leaf] as number;
  const y = ys[leaf] as number;
  const radius = radiusOf(cells, leaf, px, py);
  let seen = 0;
  for (let cell = 0; cell < length; ) {
    const dx = x - (xs[cell] as number);
    const dy = y - (ys[cell] as number);
    const far = (widths[cell] as number) / angle + radius;
    if (far * far < dx * dx + dy * dy) {
      seenX[seen] = xs[cell] as number;
      seenY[seen] = ys[cell] as number;
      seenCount[seen++] = counts[cell] as number;
      cell = afters[cell] as number;
    } else if (leaves[cell] === 1) {
      const first = firsts[cell] as number;
      const end = first + (counts[cell] as number);
      for (let j = first; j < end; j++) {
        seenX[seen] = px[j] as number;
        seenY[seen] = py[j] as number;
        seenCount[seen++] = 1;
      }
      cell = afters[cell] as number;
    } else {
      cell += 1;
    }
  }
  return seen;
}

/** The distance of a cell's farthest point from its middle. */
function radiusOf(cells: Cells, cell: number, px: Float64Array, py: Float64Array): number {
  const x = cells.x[cell] as number;
  const y = cells.y[cell] as number;
  const first = cells.first[cell] as number;
  const end = first + (cells.count[cell] as number);
  let squared = 0;
  for (let i = first; i < end; i++) {
    const dx = (px[i] as number) - x;
    const dy = (py[i] as number) - y;
    squared = Math.max(squared, dx * dx + dy * dy);
  }
  return Math.sqrt(squared);
}

/** Adds what the points of a leaf see to their forces. @returns the sum of q */
function push(
  cells: Cells,
  leaf: number,
  { x: px, y: py, order }: Ordered,
  { x: xs, y: ys, count: counts }: Seen,
  seen: number,
  force: Float64Array,
): number {
  const first = cells.first[leaf] as number;
  const end = first + (cells.count[leaf] as number);
  let total = 0;
  for (let i = first; i < end; i++) {
    const x = px[i] as number;
    const y = py[i] as number;
    let [forceX, forceY] = [0, 0];
    for (let j = 0; j < seen; j++) {
      const dx = x - (xs[j] as number);
      const dy = y - (ys[j] as number);
      const q = 1 / (1 + dx * dx + dy * dy);
      const share = (counts[j] as number) * q;
      total += share;
      forceX += share * q * dx;
      forceY += share * q * dy;
    }
    const point = order[i] as number;
    force[2 * point] = (force[2 * point] as number) + forceX;
    force[2 * point + 1] = (force[2 * point + 1] as number) + forceY;
  }
  return total;
}
