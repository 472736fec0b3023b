/** The share of predictions that are right. */
export function accuracy(predictions: Int32Array, labels: Int32Array): number {
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (predictions[i] === labels[i]) right += 1;
  return right / labels.length;
}

/** How many images of each class (row) were taken for which (column). */
export function confusion(predictions: Int32Array, labels: Int32Array, classes: number): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const [i, label] of labels.entries()) {
    const row = matrix[label] as number[];
    row[predictions[i] as number] = (row[predictions[i] as number] as number) + 1;
  }
  return matrix;
}

/** The share of each class's images that were recognised; null for a class without images. */
export function perClass(matrix: readonly (readonly number[])[]): (number | null)[] {
  return matrix.map((row, label) => {
    const images = row.reduce((sum, count) => sum + count, 0);
    return images === 0 ? null : (row[label] as number) / images;
  });
}

/** The share of images whose class is among the `best` that were ranked for it. */
export function topAccuracy(ranked: Int32Array, best: number, labels: Int32Array): number {
  let right = 0;
  for (const [i, label] of labels.entries()) if (ranked.subarray(i * best, (i + 1) * best).includes(label)) right += 1;
  return right / labels.length;
}

/** Precision, recall and F1 of each class; null where it neither occurs nor is named. */
export interface ClassScores {
  /** Of the images that were taken for the class, the share that is of it. */
  readonly precision: number;
  /** Of the images of the class, the share that was taken for it. */
  readonly recall: number;
  /** The harmonic mean of both. */
  readonly f1: number;
}

/** Of each class, from a confusion matrix; as scikit-learn counts, 0 / 0 is 0. */
export function classScores(matrix: readonly (readonly number[])[]): (ClassScores | null)[] {
  return matrix.map((row, c) => {
    const right = row[c] as number;
    const images = row.reduce((sum, count) => sum + count, 0);
    const named = matrix.reduce((sum, other) => sum + (other[c] as number), 0);
    if (images + named === 0) return null;
    const share = (of: number) => (of === 0 ? 0 : right / of);
    return { precision: share(named), recall: share(images), f1: (2 * right) / (images + named) };
  });
}

/** The mean over classes that have images of the share recognised. */
export function balancedAccuracy(matrix: readonly (readonly number[])[]): number {
  return meanOf(perClass(matrix));
}

/** The mean F1 over classes that occur or are named. */
export function macroF1(matrix: readonly (readonly number[])[]): number {
  return meanOf(classScores(matrix).map((scores) => scores?.f1 ?? null));
}

function meanOf(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
