import type { Tensor } from 'tandem-torch';
import type { Layout, Row } from './layout.js';

/** A tensor's names on the other side, and in how many parts it goes there. */
interface Place {
  readonly names: readonly string[];
}

/**
 * Weights under a library's names: the way back of `reader`. Of several rows for a tensor the last
 * is taken that the library writes today; for the first layer of a perceptron with a gate, those
 * that write its halves apart if there are any.
 * @param gated whether the network's perceptrons have gates
 * @returns tensors that belong to the scope where they are parts, and are the same otherwise
 * @throws Error for a tensor that the layout has no name for
 */
export function underTheirNames(
  layout: Layout,
  tensors: Readonly<Record<string, Tensor>>,
  gated = false,
): Record<string, Tensor> {
  const out: Record<string, Tensor> = {};
  for (const [own, x] of Object.entries(tensors)) {
    const { names } = placeOf(layout, own, gated);
    const parts = names.length === 1 ? [x] : x.chunk(names.length);
    for (const [i, name] of names.entries()) out[name] = parts[i] as Tensor;
  }
  return out;
}

function placeOf({ rows, name: layout }: Layout, name: string, gated: boolean): Place {
  const all = rows.flatMap((row) => {
    const names = namesIn(row, name);
    return names ? [names] : [];
  });
  const isGate = /\.mlp\.fc1\.\w+$/.test(name);
  const fit = all.filter((names) => !isGate || names.length === (gated ? 2 : 1));
  const names = fit.at(-1) ?? all.at(-1);
  if (!names) throw new Error(`${layout} has no name for ${name}`);
  return { names };
}

/** The names of a row where it is one for this tensor, their stars filled in. */
function namesIn([own, theirs]: Row, name: string): string[] | undefined {
  const body = own.replace(/[.*]/g, (sign) => (sign === '*' ? '(\\d+)' : '\\.'));
  const found = new RegExp(`^${body}(\\.\\w+)?$`).exec(name);
  if (!found) return undefined;
  const numbers = found.slice(1, -1);
  const rest = found.at(-1) ?? '';
  return (typeof theirs === 'string' ? [theirs] : theirs).map((one) => {
    let star = 0;
    return one.replace(/\*/g, () => numbers[star++] ?? '') + rest;
  });
}
