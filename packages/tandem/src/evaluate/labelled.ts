import type { ImageSet } from '../images/index.js';

/** Images with a class each. */
export type LabelledSet = ImageSet & { readonly labels: Int32Array };

/** How many classes there are: those with a name, or those that occur. */
export function classCount({ labels, classes }: LabelledSet): number {
  return classes?.length ?? labels.reduce((highest, label) => Math.max(highest, label), 0) + 1;
}

/** Their names; numbers where they have none. */
export function classNames(set: LabelledSet): readonly string[] {
  return set.classes ?? Array.from({ length: classCount(set) }, (_, i) => String(i));
}

/** The labels of some images as a tensor can take them. */
export function labelsOf({ labels }: LabelledSet, indices: ArrayLike<number>): BigInt64Array {
  return BigInt64Array.from({ length: indices.length }, (_, i) => BigInt(labels[indices[i] as number] as number));
}
