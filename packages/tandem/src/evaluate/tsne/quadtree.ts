/** Points in a cell that is not divided further. */
const bucket = 8;
/** Points that lie on one another could be divided for ever. */
const deepest = 48;

/**
 * A tree of squares over points of the plane, made anew for each set of positions (Barnes and Hut, 1986). Cells stand in the order of a walk that goes down
 * first; `after` is where the walk goes on when a cell is taken as one.
 */
export class Quadtree {
  #cells = 0;
  #x: Float64Array;
  #y: Float64Array;
  #width: Float64Array;
  #count: Int32Array;
  #first: Int32Array;
  #after: Int32Array;
  #isLeaf: Uint8Array;
  /** The points, those of a cell together; and their coordinates in this order. */
  readonly #order: Int32Array;
  readonly #scratch: Int32Array;
  readonly #px: Float64Array;
  readonly #py: Float64Array;
  /** What the points of one leaf see; see `#look`. */
  readonly #seenX: Float64Array;
  readonly #seenY: Float64Array;
  readonly #seenCount: Float64Array;

  constructor(readonly points: number) {
    const room = 2 * points + 16;
    this.#x = new Float64Array(room);
    this.#y = new Float64Array(room);
    this.#width = new Float64Array(room);
    this.#count = new Int32Array(room);
    this.#first = new Int32Array(room);
    this.#after = new Int32Array(room);
    this.#isLeaf = new Uint8Array(room);
    this.#order = Int32Array.from({ length: points }, (_, i) => i);
    this.#scratch = new Int32Array(points);
    this.#px = new Float64Array(points);
    this.#py = new Float64Array(points);
    this.#seenX = new Float64Array(points);
    this.#seenY = new Float64Array(points);
    this.#seenCount = new Float64Array(points);
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
    this.#cells = 0;
    const half = Math.max(right - left, high - low) / 2;
    this.#divide(at, 0, this.points, (left + right) / 2, (low + high) / 2, half, 0);
    for (let i = 0; i < this.points; i++) {
      const point = this.#order[i] as number;
      this.#px[i] = at[2 * point] as number;
      this.#py[i] = at[2 * point + 1] as number;
    }
  }

  #divide(at: Float64Array, from: number, to: number, x: number, y: number, half: number, depth: number): void {
    const cell = this.#newCell();
    this.#width[cell] = 2 * half;
    this.#count[cell] = to - from;
    this.#first[cell] = from;
    let [sumX, sumY] = [0, 0];
    for (let i = from; i < to; i++) {
      const point = this.#order[i] as number;
      sumX += at[2 * point] as number;
      sumY += at[2 * point + 1] as number;
    }
    this.#x[cell] = sumX / (to - from);
    this.#y[cell] = sumY / (to - from);
    const isLeaf = to - from <= bucket || depth === deepest;
    this.#isLeaf[cell] = isLeaf ? 1 : 0;
    if (!isLeaf) {
      const ends = this.#sort(at, from, to, x, y);
      const quarter = half / 2;
      for (let q = 0, begin = from; q < 4; begin = ends[q++] as number) {
        if ((ends[q] as number) === begin) continue;
        const [qx, qy] = [x + (q & 1 ? quarter : -quarter), y + (q & 2 ? quarter : -quarter)];
        this.#divide(at, begin, ends[q] as number, qx, qy, quarter, depth + 1);
      }
    }
    this.#after[cell] = this.#cells;
  }

  /** Brings a cell's points into the order of its quarters. @returns where each quarter ends */
  #sort(at: Float64Array, from: number, to: number, x: number, y: number): number[] {
    const quarterOf = (point: number) =>
      ((at[2 * point] as number) > x ? 1 : 0) + ((at[2 * point + 1] as number) > y ? 2 : 0);
    const counts = [0, 0, 0, 0];
    for (let i = from; i < to; i++) {
      const quarter = quarterOf(this.#order[i] as number);
      counts[quarter] = (counts[quarter] as number) + 1;
    }
    const next = [from];
    for (let q = 0; q < 3; q++) next.push((next[q] as number) + (counts[q] as number));
    for (let i = from; i < to; i++) {
      const point = this.#order[i] as number;
      const quarter = quarterOf(point);
      this.#scratch[next[quarter] as number] = point;
      next[quarter] = (next[quarter] as number) + 1;
    }
    this.#order.set(this.#scratch.subarray(from, to), from);
    return next;
  }

  #newCell(): number {
    const cell = this.#cells++;
    if (cell >= this.#x.length) this.#grow();
    return cell;
  }

  #grow(): void {
    const larger = <T extends Float64Array | Int32Array | Uint8Array>(old: T): T => {
      const grown = new (old.constructor as new (length: number) => T)(old.length * 2);
      grown.set(old);
      return grown;
    };
    this.#x = larger(this.#x);
    this.#y = larger(this.#y);
    this.#width = larger(this.#width);
    this.#count = larger(this.#count);
    this.#first = larger(this.#first);
    this.#after = larger(this.#after);
    this.#isLeaf = larger(this.#isLeaf);
  }

  /**
   * Adds to each point's force the sum over all others of q^2 (y_i - y_j), with q = 1 / (1 + |y_i - y_j|^2). Cells that look narrower than `angle` (width
   * over distance) count as one point; 0 makes it exact.
   * @returns the sum of q over all ordered pairs
   */
  repel(force: Float64Array, angle: number): number {
    const seen = { x: this.#seenX, y: this.#seenY, count: this.#seenCount };
    let total = 0;
    for (let leaf = 0; leaf < this.#cells; leaf++) {
      if (this.#isLeaf[leaf] === 1)
        total += pushed(
          this.#px,
          this.#py,
          this.#first[leaf] as number,
          this.#count[leaf] as number,
          seen,
          this.#look(leaf, angle),
          force,
          this.#order,
        );
    }
    return total - this.points; // each point saw itself
  }

  /**
   * Lists what the points of a leaf see: cells that are narrow enough from every place in the leaf, and single points. Looking once for all of them costs
   * less than the few more cells that they see.
   * @returns how many
   */
  #look(leaf: number, angle: number): number {
    const [xs, ys, widths, counts, firsts] = [this.#x, this.#y, this.#width, this.#count, this.#first];
    const [afters, leaves, px, py] = [this.#after, this.#isLeaf, this.#px, this.#py];
    const [seenX, seenY, seenCount] = [this.#seenX, this.#seenY, this.#seenCount];
    const cells = this.#cells;
    const x = xs[leaf] as number;
    const y = ys[leaf] as number;
    const radius = this.#radius(leaf);
    let seen = 0;
    for (let cell = 0; cell < cells; ) {
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
  #radius(cell: number): number {
    const first = this.#first[cell] as number;
    let squared = 0;
    for (let i = first; i < first + (this.#count[cell] as number); i++) {
      const dx = (this.#px[i] as number) - (this.#x[cell] as number);
      const dy = (this.#py[i] as number) - (this.#y[cell] as number);
      squared = Math.max(squared, dx * dx + dy * dy);
    }
    return Math.sqrt(squared);
  }
}

/** Adds what points see to their forces. @returns the sum of q */
function pushed(
  px: Float64Array,
  py: Float64Array,
  first: number,
  count: number,
  { x: xs, y: ys, count: counts }: { x: Float64Array; y: Float64Array; count: Float64Array },
  seen: number,
  force: Float64Array,
  order: Int32Array,
): number {
  let total = 0;
  for (let i = first; i < first + count; i++) {
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
