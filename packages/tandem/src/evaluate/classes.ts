import { classNames, type KnnSplit, type LabelledSet } from './labels.js';

/** The classes of a split. */
export interface ClassSizes {
  /** Name of each class and its images in the reference set. */
  readonly sizes: readonly (readonly [name: string, size: number])[];
  /** The share of the largest class among the queries: what always naming one class would get. */
  readonly majority: number;
}

/** How many classes a split has, and how large they are. */
export function classSizes({ reference, queries }: KnnSplit): ClassSizes {
  const counts = countsOf(reference.labels);
  const names = classNames(reference as LabelledSet);
  return { sizes: names.map((name, i) => [name, counts[i] ?? 0]), majority: majorityShare(queries.labels) };
}

/** The share of the largest class; 0 of nothing. */
export function majorityShare(labels: Int32Array): number {
  return labels.length === 0 ? 0 : countsOf(labels).reduce((most, count) => Math.max(most, count), 0) / labels.length;
}

function countsOf(labels: Int32Array): number[] {
  const counts: number[] = [];
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return Array.from(counts, (count) => count ?? 0);
}
