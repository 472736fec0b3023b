import { conv2d, type DType, noGrad, randn, scope, type Tensor } from '@tandem/torch';
import { digits } from './print.js';
import { type Summary, summarise } from './statistics.js';
import type { Context, Outcome } from './suite.js';

const n = 768;
const [batch, channels, side] = [16, 64, 32];

interface Work {
  readonly name: string;
  readonly dtype: DType;
  readonly operations: number;
  prepare(): () => Tensor;
}

const works: readonly Work[] = (['float32', 'bfloat16'] as const).flatMap((dtype): Work[] => [
  {
    name: `matrix product ${n}x${n}`,
    dtype,
    operations: 2 * n ** 3,
    prepare() {
      const [a, b] = [randn([n, n]).to(dtype), randn([n, n]).to(dtype)];
      return () => a.mm(b);
    },
  },
  {
    name: `3x3 convolution, ${channels} channels`,
    dtype,
    operations: 2 * 9 * batch * channels ** 2 * side ** 2,
    prepare() {
      const x = randn([batch, channels, side, side]).to(dtype);
      const kernel = randn([channels, channels, 3, 3]).to(dtype);
      return () => conv2d(x, kernel, { padding: 1 });
    },
  },
]);

/** What this machine can do at most, in 10^9 operations a second: the scale for all other numbers. */
export function measureLimits({ short, machine, say }: Context): Outcome {
  say('limits of the machine');
  const measured = works.map((work) => ({
    name: work.name,
    dtype: work.dtype,
    gigaOperationsPerSecond: ratesOf(work, short ? 0.2 : 3),
  }));
  const rows = measured.map(({ name, dtype, gigaOperationsPerSecond: { max, median } }) => {
    return [name, dtype, digits(max), digits(median)];
  });
  const title = `Limits of the machine, GFLOP/s, ${machine.threads} threads`;
  return {
    tables: [{ title, head: ['work', 'dtype', 'best', 'median'], rows }],
    goals: [],
    results: { limits: measured },
  };
}

function ratesOf({ operations, prepare }: Work, seconds: number): Summary {
  return scope(() =>
    noGrad(() => {
      const run = prepare();
      const rate = () => {
        const begun = performance.now();
        scope(() => void run());
        return operations / (performance.now() - begun) / 1e6;
      };
      rate();
      const rates: number[] = [];
      const end = performance.now() + seconds * 1000;
      while (rates.length < 3 || performance.now() < end) rates.push(rate());
      return summarise(rates);
    }),
  );
}
