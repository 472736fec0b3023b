import { cat, type Tensor, type TypedArray, where } from 'tandem-torch';

/**
 * The most similar columns of each row of a matrix; element `row * k + i` is the i-th best of that
 * row.
 */
export interface Nearest {
  /** Entries of each row. */
  readonly k: number;
  /** The entries. */
  readonly values: TypedArray;
  /** Their columns. */
  readonly indices: Int32Array;
}

/** Columns that lie in one stack; see `topColumns`. */
const stackHeight = 10;

/**
 * The k largest entries of each row, best first; of equal ones those with the lowest column come
 * first.
 * @param similarity [rows, n], without NaN @param k from 1 to n
 */
export function nearest(similarity: Tensor, k: number): Nearest {
  const [rows, n] = similarity.shape as [number, number];
  // One more than asked for shows whether another one is as good as the last.
  const seen = Math.min(k + 1, n);
  const [values, columns] = topColumns(similarity, seen);
  const found = { values: values.data(), columns: columns.data() as BigInt64Array };
  const result = { k, values: found.values.slice(0, rows * k) as TypedArray, indices: new Int32Array(rows * k) };
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < k; i++) {
      result.values[row * k + i] = found.values[row * seen + i] as number;
      result.indices[row * k + i] = Number(found.columns[row * seen + i]);
    }
    const tied = seen > k && found.values[row * seen + k] === found.values[row * seen + k - 1];
    settleTies(result, row, tied ? () => similarity.select(0, row).data() : undefined);
  }
  return result;
}

/**
 * Puts equal entries of a row in the order of their columns; `whole` gives the row where there are
 * equal ones outside.
 */
function settleTies({ k, values, indices }: Nearest, row: number, whole: (() => TypedArray) | undefined): void {
  const end = (row + 1) * k;
  for (let from = row * k; from < end; ) {
    let to = from + 1;
    while (to < end && values[to] === values[from]) to += 1;
    if (to === end && whole) {
      const all = whole();
      for (let column = 0; from < end; column++) if (all[column] === values[from]) indices[from++] = column;
    } else if (to > from + 1) {
      indices.subarray(from, to).sort();
    }
    from = to;
  }
}

/**
 * As `topk`, which is slow for long rows: columns n/10 apart are stacked, and whatever is among the
 * k best of a row lies in one of the k stacks with the highest tops. Equal entries come in any
 * order.
 */
function topColumns(x: Tensor, k: number): readonly [values: Tensor, columns: Tensor] {
  const [rows, n] = x.shape as [number, number];
  const stacks = Math.floor(n / stackHeight);
  if (stacks < 4 * k) return x.topk(k, { dim: 1 });
  const piled = x.narrow(1, 0, stacks * stackHeight).view([rows, stackHeight, stacks]);
  const [, best] = piled.amax({ dim: [1] }).topk(k, { dim: 1 });
  const chosen = piled.gather(2, best.unsqueeze(1).expand([rows, stackHeight, k])).view([rows, stackHeight * k]);
  // Fewer columns than a stack is high are left over at the end of the row.
  const left = n - stacks * stackHeight;
  const [values, places] = cat([chosen, x.narrow(1, n - left, left)], { dim: 1 }).topk(k, { dim: 1 });
  const inStack = places
    .floorDivide(k)
    .mul(stacks)
    .add(best.gather(1, places.remainder(k)));
  return [values, where(places.lt(stackHeight * k), inStack, places.add(n - left - stackHeight * k))];
}
