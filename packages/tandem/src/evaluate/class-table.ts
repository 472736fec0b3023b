import { majorityShare } from './classes.js';
import { accuracy, confusion, perClass, topAccuracy } from './scores.js';

/** What a classifier answers. */
export interface ProbeResult {
  /** Up to five classes for each query, likeliest first, one query after another. */
  readonly ranked: Int32Array;
  /** How many for each. */
  readonly best: number;
}

/** What a classifier's answers are worth. All accuracies are shares of queries. */
export interface ClassTable {
  /** How often the class is the likeliest. */
  readonly accuracy: number;
  /** The share of the largest class among the queries: what always naming one class would get. */
  readonly majority: number;
  /** How often the class is among the five likeliest; absent with five classes or fewer. */
  readonly top5?: number;
  /** Accuracy of each class by its name; null where no query has it. */
  readonly perClass: Readonly<Record<string, number | null>>;
  /** How many queries of each class (row) were taken for which (column). */
  readonly confusion: readonly (readonly number[])[];
}

/** @param labels of the queries @param classes their names */
export function classTable({ ranked, best }: ProbeResult, labels: Int32Array, classes: readonly string[]): ClassTable {
  const first = ranked.filter((_, i) => i % best === 0);
  const matrix = confusion(first, labels, classes.length);
  return {
    accuracy: accuracy(first, labels),
    majority: majorityShare(labels),
    ...(classes.length > best && { top5: topAccuracy(ranked, best, labels) }),
    perClass: Object.fromEntries(perClass(matrix).map((share, i) => [classes[i] as string, share])),
    confusion: matrix,
  };
}
