import { noGrad, randn, scope, type Tensor, tensor } from 'tandem-torch';
import { tsne, type Vote } from 'tandem-vision';
import { knnVotes, principalComponents } from 'tandem-vision/internal';
import { compare } from '../harness/interleave.js';
import { digits } from '../harness/print.js';
import type { Context, Outcome, Suite } from '../harness/suite.js';

const votes: readonly (readonly [name: string, votes: readonly Vote[]])[] = [
  ['k=1', [{ k: 1 }]],
  ['k=200', [{ k: 200 }]],
  ['k=1, and k=200 at two temperatures', [{ k: 1 }, { k: 200, temperature: 0.1 }, { k: 200, temperature: 0.07 }]],
];

/** Seconds that k-NN over all of CIFAR-10 may take, in those of its matrix product. */
const allowed = 1.5;

/** k-NN against the matrix product in it, by turns; t-SNE of ten thousand points. */
export const evaluate: Suite = {
  what: 'k-NN against its matrix product alone, and t-SNE',
  async run(context: Context): Promise<Outcome> {
    const [neighbours, layout] = [measureKnn(context), measureTsne(context)];
    return {
      tables: [...neighbours.tables, ...layout.tables],
      goals: [...neighbours.goals, ...layout.goals],
      results: { ...neighbours.results, ...layout.results },
    };
  },
};

function measureKnn({ short, say }: Context): Outcome {
  const [n, q, d, rounds] = short ? [5000, 1000, 64, 2] : [50_000, 10_000, 512, 5];
  const chunk = Math.min(1000, Math.floor(2 ** 25 / n));
  say(`k-NN of ${q} queries in a reference set of ${n}, ${d} features`);
  return scope(() => {
    const [known, queries] = [randn([n, d]), randn([q, d])];
    const labels = Int32Array.from({ length: n }, (_, i) => i % 10);
    const product = () => seconds(() => multiply(known, queries, chunk));
    const alone: number[] = [];
    const whole = votes.map(() => [] as number[]);
    product();
    for (let round = 0; round < rounds; round++) {
      alone.push(product());
      for (const [i, [, asked]] of votes.entries()) {
        whole[i]?.push(seconds(() => void knnVotes(known, labels, queries, asked)));
      }
    }
    const found = votes.map(([name], i) => ({ name, ...compare(alone, whole[i] as number[]) }));
    const rows = found.map(({ name, theirs, ratio }) => [
      name,
      digits(theirs?.median ?? 0),
      digits(ratio?.median ?? 0),
    ]);
    const title = `k-NN, ${q} queries x ${n} known x ${d} features; the matrix product alone ${digits(found[0]?.ours.median ?? 0)} s`;
    return {
      tables: [{ title, head: ['votes', 'seconds', 'in matrix products'], rows }],
      goals: found.map(({ name, ratio }) => ({
        name: `k-NN, ${name}, in matrix products`,
        measured: ratio?.median ?? 0,
        atMost: allowed,
      })),
      results: {
        knn: {
          n,
          q,
          d,
          found: found.map(({ name, ours, theirs, ratio }) => ({ name, product: ours, knn: theirs, ratio })),
        },
      },
    };
  });
}

function multiply(known: Tensor, queries: Tensor, chunk: number): void {
  noGrad(() => {
    const columns = known.t();
    const count = queries.shape[0] as number;
    for (let from = 0; from < count; from += chunk) {
      scope(() => void queries.narrow(0, from, Math.min(chunk, count - from)).mm(columns));
    }
  });
}

function measureTsne({ short, say }: Context): Outcome {
  const [n, iterations] = short ? [500, 50] : [10_000, 1000];
  say(`t-SNE of ${n} points, ${iterations} iterations`);
  const took = scope(() => {
    const labels = tensor(Int32Array.from({ length: n }, (_, i) => i % 10));
    const x = randn([10, 512])
      .indexSelect(0, labels)
      .add(randn([n, 512]), { alpha: 1.5 });
    return seconds(() => void tsne(principalComponents(x, 50), { iterations }));
  });
  return {
    tables: [
      {
        title: `t-SNE of ${n} points, ${iterations} iterations, with PCA`,
        head: ['', 'seconds'],
        rows: [['t-SNE', digits(took)]],
      },
    ],
    goals: [{ name: 't-SNE of 10,000 points, seconds', measured: took, atMost: 90 }],
    results: { tsne: { n, iterations, seconds: took } },
  };
}

function seconds(work: () => void): number {
  const begun = performance.now();
  work();
  return (performance.now() - begun) / 1000;
}
