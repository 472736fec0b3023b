import { accuracy, confusion, type ProbeResult, perClass, topAccuracy } from '../../evaluate/index.js';
import { percent } from './record.js';

/** What a classifier's answers are worth: the numbers that every command with classifiers tells. */
export function scored({ ranked, best }: ProbeResult, labels: Int32Array, classes: readonly string[]) {
  const first = ranked.filter((_, i) => i % best === 0);
  const matrix = confusion(first, labels, classes.length);
  return {
    accuracy: accuracy(first, labels),
    ...(classes.length > best && { top5: topAccuracy(ranked, best, labels) }),
    perClass: Object.fromEntries(perClass(matrix).map((share, i) => [classes[i] as string, share])),
    confusion: matrix,
  };
}

/** Each class's share, and the class it was most often taken for. */
export function classTable(
  classes: readonly string[],
  shares: Readonly<Record<string, number | null>>,
  matrix: readonly (readonly number[])[],
): string[] {
  const width = Math.max(...classes.map((name) => name.length)) + 2;
  return classes.map((name, i) => {
    const share = shares[name];
    const others = (matrix[i] ?? [])
      .map((count, j) => ({ count, name: classes[j], own: i === j }))
      .filter(({ own }) => !own);
    const worst = others.sort((a, b) => b.count - a.count)[0];
    const taken = worst !== undefined && worst.count > 0 ? `  taken for ${worst.name} ${worst.count} times` : '';
    return `  ${name.padEnd(width)}${share == null ? 'no queries' : percent(share).padStart(9)}${taken}`;
  });
}
