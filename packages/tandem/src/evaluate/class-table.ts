import { calibrationError, softmax } from './calibration.js';
import { majorityShare } from './classes.js';
import { accuracy, balancedAccuracy, classScores, confusion, macroF1, perClass, topAccuracy } from './scores.js';

/** What a classifier answers. */
export interface ProbeResult {
  /** Up to five classes for each query, likeliest first, one query after another. */
  readonly ranked: Int32Array;
  /** How many for each. */
  readonly best: number;
  /** The classifier's scores of each query: [queries, classes], row by row. */
  readonly scores?: Float32Array | undefined;
}

/** What a classifier's answers are worth. All accuracies are shares of queries. */
export interface ClassTable {
  /** How often the class is the likeliest. */
  readonly accuracy: number;
  /** The share of the largest class among the queries: what always naming one class would get. */
  readonly majority: number;
  /** How often the class is among the five likeliest; absent with five classes or fewer. */
  readonly top5?: number;
  /** The mean of the classes' accuracies, however many queries each has. */
  readonly balanced: number;
  /** The mean of the classes' F1: harmonic means of precision and recall. */
  readonly macroF1: number;
  /**
   * Expected calibration error: by how much the probability of the likeliest class is off, a share;
   * absent where the classifier gave no scores.
   */
  readonly ece?: number;
  /** What scores were divided by for `ece`; absent where that is 1. */
  readonly temperature?: number;
  /** The calibration error without that division. */
  readonly eceUncalibrated?: number;
  /** Accuracy of each class by its name; null where no query has it. */
  readonly perClass: Readonly<Record<string, number | null>>;
  /** F1 of each class by its name; null where it neither occurs nor is named. */
  readonly perClassF1: Readonly<Record<string, number | null>>;
  /** How many queries of each class (row) were taken for which (column). */
  readonly confusion: readonly (readonly number[])[];
}

/**
 * @param labels of the queries @param classes their names
 * @param temperature that the classifier was calibrated with
 */
export function classTable(
  { ranked, best, scores }: ProbeResult,
  labels: Int32Array,
  classes: readonly string[],
  temperature = 1,
): ClassTable {
  const first = ranked.filter((_, i) => i % best === 0);
  const matrix = confusion(first, labels, classes.length);
  const byName = <T>(values: readonly T[]): Record<string, T> =>
    Object.fromEntries(values.map((value, i) => [classes[i] as string, value]));
  return {
    accuracy: accuracy(first, labels),
    majority: majorityShare(labels),
    ...(classes.length > best && { top5: topAccuracy(ranked, best, labels) }),
    balanced: balancedAccuracy(matrix),
    macroF1: macroF1(matrix),
    ...(scores && calibration(scores, first, labels, classes.length, temperature)),
    perClass: byName(perClass(matrix)),
    perClassF1: byName(classScores(matrix).map((one) => one?.f1 ?? null)),
    confusion: matrix,
  };
}

/** How far the probabilities of the answers are from how often they are right. */
function calibration(
  scores: Float32Array,
  answers: Int32Array,
  labels: Int32Array,
  classes: number,
  temperature: number,
): Pick<ClassTable, 'ece' | 'temperature' | 'eceUncalibrated'> {
  const errorAt = (t: number) => {
    const confidence = Float64Array.from(answers, (answer, i) => {
      return softmax(scores.subarray(i * classes, (i + 1) * classes), t)[answer] as number;
    });
    return calibrationError(confidence, (i) => answers[i] === labels[i]);
  };
  if (temperature === 1) return { ece: errorAt(1) };
  return { ece: errorAt(temperature), temperature, eceUncalibrated: errorAt(1) };
}
