import { hashDistance, type Looks, thumbDistance } from './looks.js';

/** Bits of 64 that hashes of two pictures alike may differ in. */
const mostBits = 4;
/** Mean difference, of 255, that their thumbs may have. */
const mostDifference = 6;
/** Hashes within `mostBits` share one of so many parts, to the bit. */
const parts = mostBits + 1;
/**
 * Pictures with one part in common that are compared, at most: plain ones share theirs with many.
 */
const mostCompared = 2000;

/**
 * Groups of pictures that look alike: scaled, packed again or slightly changed copies. Constant
 * ones are left out, as all of a colour would be alike.
 *
 * @returns groups of at least two indices, ascending
 */
export function lookalikes(looks: readonly Looks[]): number[][] {
  const groups = new Groups(looks.length);
  for (let part = 0; part < parts; part++) {
    const buckets = new Map<number, number[]>();
    for (const [i, look] of looks.entries()) {
      if (look.isConstant) continue;
      const key = partOf(look.hash, part);
      const bucket = buckets.get(key);
      if (!bucket) buckets.set(key, [i]);
      else if (bucket.length < mostCompared) {
        for (const other of bucket) if (areAlike(look, looks[other] as Looks)) groups.join(i, other);
        bucket.push(i);
      }
    }
  }
  return groups.all();
}

function areAlike(a: Looks, b: Looks): boolean {
  return hashDistance(a.hash, b.hash) <= mostBits && thumbDistance(a.thumb, b.thumb) <= mostDifference;
}

/** 13 bits of a hash, from bit 13 `part` on. */
function partOf([low, high]: Looks['hash'], part: number): number {
  const start = 13 * part;
  const bits = start >= 32 ? high >>> (start - 32) : (low >>> start) | (start > 19 ? high << (32 - start) : 0);
  return bits & 0x1fff;
}

/** Groups of at least two items with the same key, as indices in ascending order. */
export function groupsBy<T>(items: readonly T[], key: (item: T) => unknown): number[][] {
  const groups = new Map<unknown, number[]>();
  for (const [i, item] of items.entries()) {
    const group = groups.get(key(item));
    if (group) group.push(i);
    else groups.set(key(item), [i]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/** Indices joined to groups. */
export class Groups {
  readonly #parent: Int32Array;

  constructor(count: number) {
    this.#parent = Int32Array.from({ length: count }, (_, i) => i);
  }

  join(a: number, b: number): void {
    const [first, second] = [this.#root(a), this.#root(b)];
    this.#parent[Math.max(first, second)] = Math.min(first, second);
  }

  /** Groups of at least two indices, ascending. */
  all(): number[][] {
    return groupsBy([...this.#parent.keys()], (i) => this.#root(i));
  }

  #root(i: number): number {
    let root = i;
    while (this.#parent[root] !== root) root = this.#parent[root] as number;
    this.#parent[i] = root;
    return root;
  }
}
