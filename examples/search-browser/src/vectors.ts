/** A vector of length 1 in the same direction. */
export function unit(x: Float32Array): Float32Array {
  const length = Math.hypot(...x) || 1;
  return x.map((value) => value / length);
}

export function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}

/** The others by their similarity to number `to`, the most alike first. */
export function neighbours(
  all: readonly Float32Array[],
  to: number,
): { readonly index: number; readonly similarity: number }[] {
  const own = all[to] as Float32Array;
  return all
    .map((other, index) => ({ index, similarity: dot(own, other) }))
    .filter(({ index }) => index !== to)
    .sort((a, b) => b.similarity - a.similarity);
}

/**
 * Places in the plane, from 0 to 1: the two directions in which the vectors differ most (principal
 * components, by power iteration).
 */
export function plane(all: readonly Float32Array[]): { readonly x: number; readonly y: number }[] {
  const width = all[0]?.length ?? 0;
  const mean = Float32Array.from(
    { length: width },
    (_, j) => all.reduce((sum, v) => sum + (v[j] as number), 0) / all.length,
  );
  let rest = all.map((v) => v.map((value, j) => value - (mean[j] as number)));
  const [xs, ys] = [0, 1].map((n) => {
    let direction = unit(Float32Array.from({ length: width }, (_, j) => Math.sin(1 + j * (n + 1))));
    for (let step = 0; step < 60; step++) {
      const next = new Float32Array(width);
      for (const v of rest) {
        const along = dot(v, direction);
        for (const [j, value] of v.entries()) next[j] = (next[j] as number) + along * value;
      }
      direction = unit(next);
    }
    const along = rest.map((v) => dot(v, direction));
    rest = rest.map((v, i) => v.map((value, j) => value - (along[i] as number) * (direction[j] as number)));
    const [low, high] = [Math.min(...along), Math.max(...along)];
    return along.map((value) => (high > low ? (value - low) / (high - low) : 0.5));
  }) as [number[], number[]];
  return xs.map((x, i) => ({ x, y: ys[i] as number }));
}
