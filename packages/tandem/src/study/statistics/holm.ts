/**
 * Holm's correction: the smallest of m p-values counts m times, the next m - 1 times, and none less
 * than one before it, so that among all comparisons the chance of one false finding stays what it
 * is said to be (Holm, 1979).
 * @returns in the order given, at most 1
 */
export function holm(p: readonly number[]): number[] {
  const order = p.map((_, i) => i).sort((a, b) => (p[a] as number) - (p[b] as number));
  const adjusted = Array<number>(p.length);
  let most = 0;
  for (const [rank, i] of order.entries()) {
    most = Math.max(most, Math.min(1, (p[i] as number) * (p.length - rank)));
    adjusted[i] = most;
  }
  return adjusted;
}
