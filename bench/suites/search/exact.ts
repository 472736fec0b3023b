import { cat, noGrad, scope, type Tensor, tensor } from 'tandem-torch';
import type { Vectors } from './vectors.js';

/**
 * Of the first `count` queries the numbers of the k nearest rows, by all products, from the vectors
 * and not from the index.
 * @param total rows, made in blocks of `atATime`
 */
export function nearestOf({ width, rows, queries }: Vectors, total: number, atATime: number, count: number, k: number) {
  const asked = tensor(queries.slice(0, count * width)).view([count, width]);
  let best: { readonly values: Tensor; readonly places: Tensor } | undefined;
  for (let first = 0; first < total; first += atATime) {
    const n = Math.min(atATime, total - first);
    const before = best;
    const [values, places] = scope(() =>
      noGrad(() => {
        const block = tensor(rows(first / atATime, first, n)).view([n, width]);
        const [near, at] = asked.mm(block.t()).topk(Math.min(k, n), { dim: 1 });
        const found = [near, at.add(first)] as const;
        if (!before) return found;
        const [kept, which] = cat([before.values, found[0]], { dim: 1 }).topk(k, { dim: 1 });
        return [kept, cat([before.places, found[1]], { dim: 1 }).gather(1, which)] as const;
      }),
    );
    for (const old of [before?.values, before?.places]) old?.dispose();
    best = { values, places };
  }
  const flat = Array.from(best?.places.data() ?? [], Number);
  return Array.from({ length: count }, (_, i) => flat.slice(i * k, (i + 1) * k));
}
