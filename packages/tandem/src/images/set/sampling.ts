import { UserError } from '../../errors.js';
import { permutation } from '../../random.js';

/** What a seed is spent on, so that the draws of one seed have nothing to do with each other. */
const purpose = { limit: 1, holdOut: 2, labelled: 0x6665_7720 } as const;

/**
 * `n` of `count` images, drawn at random and as evenly over the classes as their sizes allow;
 * ascending.
 *
 * @param labels the class of each image; without it every image is as good as another
 */
export function balanced(count: number, labels: ArrayLike<number> | undefined, n: number, seed: number): number[] {
  const order = Array.from(permutation(count, seed, purpose.limit));
  if (labels) {
    const drawn = new Map<number, number>();
    const rank = new Uint32Array(count);
    for (const i of order) {
      const label = labels[i] as number;
      const earlier = drawn.get(label) ?? 0;
      rank[i] = earlier;
      drawn.set(label, earlier + 1);
    }
    order.sort((a, b) => (rank[a] as number) - (rank[b] as number));
  }
  return order.slice(0, n).sort((a, b) => a - b);
}

/** The reference set of a k-NN classifier, and the images it is asked about; both ascending. */
export interface HeldOut {
  /** Indices of those that stay. */
  readonly reference: number[];
  /** Indices of those that are held out. */
  readonly queries: number[];
}

/** Holds out every tenth image of each class at random, at least one of a class of two or more. */
export function holdOut(labels: ArrayLike<number>, seed: number): HeldOut {
  const sizes = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    sizes.set(label, (sizes.get(label) ?? 0) + 1);
  }
  const due = new Map<number, number>();
  for (const [label, size] of sizes) due.set(label, size < 2 ? 0 : Math.max(1, Math.floor(size / 10)));
  const held = new Uint8Array(labels.length);
  for (const i of permutation(labels.length, seed, purpose.holdOut)) {
    const label = labels[i] as number;
    const missing = due.get(label) as number;
    if (missing > 0) {
      held[i] = 1;
      due.set(label, missing - 1);
    }
  }
  const reference: number[] = [];
  const queries: number[] = [];
  for (let i = 0; i < labels.length; i++) (held[i] ? queries : reference).push(i);
  return { reference, queries };
}

/**
 * A share of each class at random; ascending. A smaller share of the same seed is part of a larger
 * one.
 *
 * @param share from above 0 to 1
 * @throws UserError where that leaves a class without an image
 */
export function labelledShare(
  { labels, classes }: { readonly labels: Int32Array; readonly classes?: readonly string[] },
  share: number,
  seed: number,
): number[] {
  const due = new Map<number, number>();
  for (const label of labels) due.set(label, (due.get(label) ?? 0) + 1);
  for (const [label, size] of due) {
    const n = Math.round(share * size);
    due.set(label, n);
    if (n > 0) continue;
    const asked = `${Number((100 * share).toPrecision(6))}% of the labels`;
    throw new UserError(
      `${asked} leaves class '${classes?.[label] ?? label}' empty, which has ${size} images; give ${Math.ceil(50 / size)}% or more`,
    );
  }
  const sample = Array.from(permutation(labels.length, seed, purpose.labelled)).filter((i) => {
    const label = labels[i] as number;
    const missing = due.get(label) as number;
    due.set(label, missing - 1);
    return missing > 0;
  });
  return sample.sort((a, b) => a - b);
}
