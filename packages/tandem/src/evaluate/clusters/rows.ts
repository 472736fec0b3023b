import { fromBuffer, type Tensor } from 'tandem-torch';

/** Some rows of a tensor, in the order of their numbers. */
export function take(x: Tensor, rows: readonly number[]): Tensor {
  return x.indexSelect(0, fromBuffer(BigInt64Array.from(rows, BigInt)).to(x.device));
}

/** The rows of each cluster that has any, ascending; those of a label below 0 are in none. */
export function membersOf(labels: Int32Array): number[][] {
  const members = new Map<number, number[]>();
  for (const [i, label] of labels.entries()) {
    if (label < 0) continue;
    const group = members.get(label);
    if (group) group.push(i);
    else members.set(label, [i]);
  }
  return [...members.values()];
}
