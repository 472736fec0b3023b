/**
 * The cells of a quadtree, in the order of a walk that goes down first; what is known of a cell
 * stands at its number in each array.
 */
export class Cells {
  length = 0;
  /** The middle of its points. */
  x: Float64Array;
  y: Float64Array;
  width: Float64Array;
  /** Its points: how many, and which of the tree's order is the first. */
  count: Int32Array;
  first: Int32Array;
  /** Where the walk continues when the cell is taken as one. */
  after: Int32Array;
  isLeaf: Uint8Array;

  constructor(points: number) {
    const room = 2 * points + 16; // to begin with
    this.x = new Float64Array(room);
    this.y = new Float64Array(room);
    this.width = new Float64Array(room);
    this.count = new Int32Array(room);
    this.first = new Int32Array(room);
    this.after = new Int32Array(room);
    this.isLeaf = new Uint8Array(room);
  }

  /** @returns the number of a new cell */
  add(): number {
    const cell = this.length++;
    if (cell >= this.x.length) this.#grow();
    return cell;
  }

  #grow(): void {
    const larger = <T extends Float64Array | Int32Array | Uint8Array>(old: T): T => {
      const grown = new (old.constructor as new (length: number) => T)(old.length * 2);
      grown.set(old);
      return grown;
    };
    this.x = larger(this.x);
    this.y = larger(this.y);
    this.width = larger(this.width);
    this.count = larger(this.count);
    this.first = larger(this.first);
    this.after = larger(this.after);
    this.isLeaf = larger(this.isLeaf);
  }
}
