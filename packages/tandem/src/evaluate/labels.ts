import { UserError } from '../errors.js';
import type { DataSet, ImageSet } from '../images/index.js';
import { highestLabel } from '../math.js';

/** Images with a class each. */
export type LabelledSet = ImageSet & { readonly labels: Int32Array };

/** Images whose labels a classifier knows, and those that it is asked for. */
export interface KnnSplit {
  /** Images whose labels the classifier knows. */
  readonly reference: LabelledSet;
  /** Images that it is asked for; their labels only judge it. */
  readonly queries: LabelledSet;
}

/** The split of a data set; undefined where it has no labels. */
export function knnSplit({ reference, queries }: DataSet): KnnSplit | undefined {
  return reference?.labels && queries?.labels ? ({ reference, queries } as KnnSplit) : undefined;
}

/** @throws UserError where test images have other classes than training images */
export function requireFit(where: string, { misfit }: DataSet): void {
  if (misfit) throw new UserError(`${where}: ${misfit}; give both the same class folders`);
}

/**
 * The split of images that must have labels.
 * @param where the images, by the name they were asked for @param what needs them
 * @throws UserError where there are none, or test images have other classes than training images
 */
export function requireLabels(where: string, data: DataSet, what: string): KnnSplit {
  requireFit(where, data);
  const split = knnSplit(data);
  if (!split) {
    const lacking = data.train.labels ? 'images to ask about' : 'labels';
    throw new UserError(`${where}: ${what} needs ${lacking}${data.note ? `: ${data.note}` : ''}`);
  }
  return split;
}

/**
 * @throws UserError where all images are of one class; the parameters are those of `requireLabels`
 */
export function requireTwoClasses(where: string, { labels, classes, count }: LabelledSet, what: string): void {
  const first = labels[0] ?? 0;
  if (labels.some((label) => label !== first)) return;
  throw new UserError(
    `${where}: all ${count} images are of one class, '${classes?.[first] ?? first}'; ${what} needs two or more`,
  );
}

/** How many classes there are: those with a name, or those that occur. */
export function classCount({ labels, classes }: LabelledSet): number {
  return classes?.length ?? highestLabel(labels) + 1;
}

/** Their names; numbers where they have none. */
export function classNames(set: LabelledSet): readonly string[] {
  return set.classes ?? Array.from({ length: classCount(set) }, (_, i) => String(i));
}

/** The labels of some images as a tensor can take them. */
export function labelsOf({ labels }: LabelledSet, indices: ArrayLike<number>): BigInt64Array {
  return BigInt64Array.from({ length: indices.length }, (_, i) => BigInt(labels[indices[i] as number] as number));
}
