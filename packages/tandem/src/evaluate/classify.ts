import { inferenceMode, scope, tensor } from 'tandem-torch';
import type { OpenedClassifier } from '../runs/index.js';
import { softmax } from './calibration.js';

/** A class that a picture may be of. */
export interface ClassGuess {
  /** Its name. */
  readonly label: string;
  /** From 0 to 1; those of all classes sum to 1. */
  readonly probability: number;
}

/**
 * A classifier's scores of features: one image after another, since kernels differ with the number
 * of rows, and an image's scores should not depend on what is asked beside it.
 * @param features [n, width], row by row @returns [n, classes], row by row
 */
export function classScoresOf({ head, classes }: OpenedClassifier, features: Float32Array): Float32Array {
  const width = head.shape.widths[0] as number;
  const scores = new Float32Array((features.length / width) * classes.length);
  for (let i = 0; i * width < features.length; i++) {
    const row = features.slice(i * width, (i + 1) * width);
    const of = scope(() => inferenceMode(() => head.forward(tensor(row, { shape: [1, width] })).data()));
    scores.set(of as Float32Array, i * classes.length);
  }
  return scores;
}

/** One row of several, which stand one after another. */
export function rowAt(rows: Float32Array, i: number, width: number): Float32Array {
  return rows.subarray(i * width, (i + 1) * width);
}

/** The numbers of the likeliest classes, likeliest first; of equal ones the first. */
export function rankClasses(scores: Float32Array, top: number): number[] {
  const order = Array.from(scores.keys());
  return order.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b).slice(0, top);
}

/** The likeliest classes of one image by its scores, likeliest first. */
export function guessClasses(
  scores: Float32Array,
  { classes, temperature }: Pick<OpenedClassifier, 'classes' | 'temperature'>,
  top: number,
): ClassGuess[] {
  const shares = softmax(scores, temperature);
  return rankClasses(scores, top).map((c) => ({ label: classes[c] as string, probability: shares[c] as number }));
}
