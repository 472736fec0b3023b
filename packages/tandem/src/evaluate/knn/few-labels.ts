import { scope, type Tensor, tensor } from 'tandem-torch';
import { highestLabel } from '../../math.js';
import { permutation } from '../../random.js';
import { accuracy } from '../scores.js';
import { knn } from './knn.js';

/**
 * What a few labels are worth: 1-nearest-neighbour with so many reference images of each class,
 * over several seeded draws.
 */
export interface FewLabelsOptions {
  /** Labels of each class. */
  readonly perClass: number;
  /** How often they are drawn; the accuracies are averaged. */
  readonly draws: number;
  /** Of the draws; defaults to 0. */
  readonly seed?: number;
}

/**
 * Mean accuracy over the draws.
 * @param reference features [n, d]
 * @param labels of the reference set
 * @param queries features [q, d]
 * @param wanted labels of the queries
 * @throws RangeError when a class has fewer images than asked for
 */
export function fewLabelsAccuracy(
  reference: Tensor,
  labels: Int32Array,
  queries: Tensor,
  wanted: Int32Array,
  { perClass, draws, seed = 0 }: FewLabelsOptions,
): number {
  let sum = 0;
  for (let draw = 0; draw < draws; draw++) {
    const chosen = drawPerClass(labels, perClass, seed, draw);
    sum += scope(() => {
      const rows = reference.indexSelect(0, tensor(chosen, { device: reference.device }));
      return accuracy(
        knn(
          rows,
          Int32Array.from(chosen, (i) => labels[i] as number),
          queries,
        ),
        wanted,
      );
    });
  }
  return sum / draws;
}

function drawPerClass(labels: Int32Array, perClass: number, seed: number, draw: number): Int32Array {
  const classes = highestLabel(labels) + 1;
  const left = new Int32Array(classes).fill(perClass);
  const chosen = permutation(labels.length, seed, draw).filter((i) => {
    const label = labels[i] as number;
    left[label] = (left[label] as number) - 1;
    return (left[label] as number) >= 0;
  });
  if (chosen.length < classes * perClass) throw new RangeError(`fewLabels: not every class has ${perClass} images`);
  return Int32Array.from(chosen);
}
