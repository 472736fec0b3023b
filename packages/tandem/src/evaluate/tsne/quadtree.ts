import { Cells } from './cells.js';
import { type Ordered, repel, type Seen } from './repulsion.js';

/** Points in a cell that is not divided further. */
const bucket = 8;
/** Points that lie on one another could be divided for ever. */
const deepest = 48;

/**
 * A tree of squares over points of the plane, made anew for each set of positions (Barnes and Hut,
 * 1986).
 */
export class Quadtree {
  readonly #cells: Cells;
  readonly #points: Ordered;
  readonly #scratch: Int32Array;
  readonly #seen: Seen;

  constructor(readonly points: number) {
    const numbers = () => new Float64Array(points);
    this.#cells = new Cells(points);
    this.#points = { order: Int32Array.from({ length: points }, (_, i) => i), x: numbers(), y: numbers() };
    this.#scratch = new Int32Array(points);
    this.#seen = { x: numbers(), y: numbers(), count: numbers() };
  }

  /** @param at x and y of each point, one after another */
  build(at: Float64Array): void {
    let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < at.length; i += 2) {
      const [x, y] = [at[i] as number, at[i + 1] as number];
      left = Math.min(left, x);
      right = Math.max(right, x);
      low = Math.min(low, y);
      high = Math.max(high, y);
    }
    this.#cells.length = 0;
    const half = Math.max(right - left, high - low) / 2;
    this.#divide(at, 0, this.points, (left + right) / 2, (low + high) / 2, half, 0);
    const { order, x, y } = this.#points;
    for (let i = 0; i < this.points; i++) {
      const point = order[i] as number;
      x[i] = at[2 * point] as number;
      y[i] = at[2 * point + 1] as number;
    }
  }

  /** See `repel` in repulsion.ts, for the positions last built from. */
  repel(force: Float64Array, angle: number): number {
    return repel(this.#cells, this.#points, this.#seen, force, angle);
  }

  #divide(at: Float64Array, from: number, to: number, x: number, y: number, half: number, depth: number): void {
    const cells = this.#cells;
    const { order } = this.#points;
    const cell = cells.add();
    cells.width[cell] = 2 * half;
    cells.count[cell] = to - from;
    cells.first[cell] = from;
    let [sumX, sumY] = [0, 0];
    for (let i = from; i < to; i++) {
      const point = order[i] as number;
      sumX += at[2 * point] as number;
      sumY += at[2 * point + 1] as number;
    }
    cells.x[cell] = sumX / (to - from);
    cells.y[cell] = sumY / (to - from);
    const isLeaf = to - from <= bucket || depth === deepest;
    cells.isLeaf[cell] = isLeaf ? 1 : 0;
    if (!isLeaf) {
      const ends = this.#sort(at, from, to, x, y);
      const quarter = half / 2;
      for (let q = 0, begin = from; q < 4; begin = ends[q++] as number) {
        if ((ends[q] as number) === begin) continue;
        const [qx, qy] = [x + (q & 1 ? quarter : -quarter), y + (q & 2 ? quarter : -quarter)];
        this.#divide(at, begin, ends[q] as number, qx, qy, quarter, depth + 1);
      }
    }
    cells.after[cell] = cells.length;
  }

  /** Brings a cell's points into the order of its quarters. @returns where each quarter ends */
  #sort(at: Float64Array, from: number, to: number, x: number, y: number): number[] {
    const quarterOf = (point: number) =>
      ((at[2 * point] as number) > x ? 1 : 0) + ((at[2 * point + 1] as number) > y ? 2 : 0);
    const counts = [0, 0, 0, 0];
    for (let i = from; i < to; i++) {
      const quarter = quarterOf(this.#points.order[i] as number);
      counts[quarter] = (counts[quarter] as number) + 1;
    }
    const next = [from];
    for (let q = 0; q < 3; q++) next.push((next[q] as number) + (counts[q] as number));
    for (let i = from; i < to; i++) {
      const point = this.#points.order[i] as number;
      const quarter = quarterOf(point);
      this.#scratch[next[quarter] as number] = point;
      next[quarter] = (next[quarter] as number) + 1;
    }
    this.#points.order.set(this.#scratch.subarray(from, to), from);
    return next;
  }
}
