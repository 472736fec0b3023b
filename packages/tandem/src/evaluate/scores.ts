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
