/** The hierarchy of density-based clusters: from a spanning tree to those that last longest. */

/** An edge of a spanning tree. */
export interface Edge {
  readonly a: number;
  readonly b: number;
  readonly distance: number;
}

/** Two parts that become one: rows are 0 to n-1, and the i-th merge is n + i. */
interface Merge {
  readonly parts: readonly [number, number];
  readonly distance: number;
  readonly size: number;
}

/** The single-linkage hierarchy: edges, the shortest first, join rows and what they joined. */
export function merge(edges: readonly Edge[]): Merge[] {
  const n = edges.length + 1;
  const above = Int32Array.from({ length: 2 * n - 1 }, (_, i) => i);
  const topOf = (i: number) => {
    let top = i;
    while (above[top] !== top) top = above[top] as number;
    for (let at = i; at !== top; ) [at, above[at]] = [above[at] as number, top];
    return top;
  };
  const merges: Merge[] = [];
  const sizeOf = (i: number) => (i < n ? 1 : (merges[i - n] as Merge).size);
  for (const { a, b, distance } of [...edges].sort((one, other) => one.distance - other.distance)) {
    const parts = [topOf(a), topOf(b)] as const;
    for (const part of parts) above[part] = n + merges.length;
    merges.push({ parts, distance, size: sizeOf(parts[0]) + sizeOf(parts[1]) });
  }
  return merges;
}

/** A part of the hierarchy that stays one, while rows fall out of it one by one. */
export interface Cluster {
  /** The number of the cluster that it came from; the first one has none. */
  readonly parent: number | undefined;
  /** Rows that fell out of it, and were in no smaller one. */
  readonly rows: readonly number[];
  /** Sum over its rows of how much longer than at its birth they stayed, in 1 / distance. */
  readonly stability: number;
}

/** Distances below this one count as this one, so that equal rows do not last forever. */
const leastDistance = 1e-6;

/**
 * The hierarchy from the top down, without parts of less than `leastRows`: where only one of two
 * parts has so many, the cluster goes on as that one. Clusters come after those they came from.
 */
export function condense(merges: readonly Merge[], leastRows: number): Cluster[] {
  const n = merges.length + 1;
  const sizeOf = (i: number) => (i < n ? 1 : (merges[i - n] as Merge).size);
  const found: { parent: number | undefined; rows: number[]; birth: number; stability: number }[] = [];
  const begin = (parent: number | undefined, birth: number) =>
    found.push({ parent, rows: [], birth, stability: 0 }) - 1;
  const open: [part: number, cluster: number][] = [[2 * n - 2, begin(undefined, 0)]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [part, number] = next;
    const cluster = found[number] as (typeof found)[number];
    if (part < n) {
      cluster.rows.push(part);
      continue;
    }
    const { parts, distance, size } = merges[part - n] as Merge;
    const density = 1 / Math.max(distance, leastDistance);
    const large = parts.filter((one) => sizeOf(one) >= leastRows);
    const leaving = large.length === 1 ? size - sizeOf(large[0] as number) : size;
    cluster.stability += (density - cluster.birth) * leaving;
    for (const one of parts) {
      if (large.length === 1 && one === large[0]) open.push([one, number]);
      else if (large.length === 2) open.push([one, begin(number, density)]);
      else cluster.rows.push(...rowsOf(one, merges));
    }
  }
  return found;
}

/** All rows below a part. */
function rowsOf(part: number, merges: readonly Merge[]): number[] {
  const n = merges.length + 1;
  const rows: number[] = [];
  const open = [part];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next < n) rows.push(next);
    else open.push(...(merges[next - n] as Merge).parts);
  }
  return rows;
}

/**
 * Which clusters to take: of each and those that came from it whichever are more stable together.
 * The first one, all rows, is never taken.
 */
export function selectStable(clusters: readonly Cluster[]): boolean[] {
  /** Of what came from each the best sum. */
  const below = clusters.map(() => 0);
  const selected = clusters.map(() => false);
  for (let i = clusters.length - 1; i > 0; i--) {
    const { parent, stability } = clusters[i] as Cluster & { parent: number };
    selected[i] = stability >= (below[i] as number);
    below[parent] = (below[parent] as number) + Math.max(stability, below[i] as number);
  }
  // From the top down: what is in a selected one is not selected itself.
  const isWithin: boolean[] = [];
  for (const [i, { parent }] of clusters.entries()) {
    isWithin[i] = parent !== undefined && ((isWithin[parent] as boolean) || (selected[parent] as boolean));
    if (isWithin[i]) selected[i] = false;
  }
  return selected;
}
