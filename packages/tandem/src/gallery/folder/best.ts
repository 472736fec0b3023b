/**
 * The numbers of the k largest values, the largest first; of equal ones those that come first.
 * Sorting a million to see ten of them would take seconds.
 */
export function best(values: Float64Array, k: number): number[] {
  const found: number[] = [];
  const at = (place: number) => values[found[place] as number] as number;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (found.length === k && !(value > at(k - 1))) continue;
    let [low, high] = [0, found.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at(middle) >= value) low = middle + 1;
      else high = middle;
    }
    found.splice(low, 0, i);
    if (found.length > k) found.pop();
  }
  return found;
}
