/** Why an image has no vector of length 1. */
const noDirection = 'its features are all zero, so they have no direction to normalize';

/**
 * Rows brought to length 1, in the precision of float64; those that are zero are left out.
 * @param width numbers of a row
 * @returns the other rows, and the numbers of those left out
 */
export function unitRows(features: Float32Array, width: number): { rows: Float32Array; zero: ReadonlySet<number> } {
  const zero = new Set<number>();
  const rows = new Float32Array(features.length);
  let kept = 0;
  for (let from = 0; from < features.length; from += width) {
    const row = features.subarray(from, from + width);
    const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
    if (length === 0) zero.add(from / width);
    else for (const x of row) rows[kept++] = x / length;
  }
  return { rows: rows.subarray(0, kept), zero };
}

/** As a job's `rowsOf`: rows of length 1, without those that have no direction. */
export function asUnitRows(width: number) {
  return (features: Float32Array): { rows: Float32Array; without: ReadonlyMap<number, string> } => {
    const { rows, zero } = unitRows(features, width);
    return { rows, without: new Map([...zero].map((i) => [i, noDirection])) };
  };
}
