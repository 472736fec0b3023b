import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pretrain, resolveConfig } from 'tandem-vision';
import type { Context, Suite } from '../harness/suite.js';

const precisions = ['float32', 'bfloat16'] as const;
const which = ['knnStudent', 'knnTeacher'] as const;

type Found = Readonly<Record<(typeof which)[number], number>>;

/**
 * Whether what is learned is as good in bfloat16: k-NN accuracy after equal epochs, for three
 * seeds.
 */
export const precision: Suite = {
  what: 'k-NN of tiny CLBO runs in bfloat16 and float32, three seeds (CIFAR-10 with --data-root, else Fashion-MNIST)',
  async run(context) {
    const { short, say } = context;
    const size = short
      ? { epochs: 1, limit: 128, width: 4, batch: 64 }
      : { epochs: 4, limit: 2000, width: 8, batch: 64 };
    const seeds = short ? [0] : [0, 1, 2];
    const found: Record<(typeof precisions)[number], Found[]> = { float32: [], bfloat16: [] };
    for (const seed of seeds) {
      for (const name of precisions) {
        say(`seed ${seed} in ${name}`);
        found[name].push(await learn({ ...size, seed, precision: name }, context));
      }
    }
    const percent = (share: number) => (100 * share).toFixed(2);
    const rows = seeds.map((seed, i) => [
      `seed ${seed}`,
      ...which.flatMap((key) => precisions.map((name) => percent((found[name][i] as Found)[key]))),
    ]);
    const compared = which.map((key) => {
      const [float, brain] = precisions.map((name) => meanAndSpread(found[name].map((one) => one[key]))) as [
        Mean,
        Mean,
      ];
      const difference = brain.mean - float.mean;
      // Half the 95 % interval of a difference of two means of three (Student's t, 4 degrees of
      // freedom).
      const noise = 2.776 * Math.sqrt((float.variance + brain.variance) / seeds.length);
      return { which: key, float32: float.mean, bfloat16: brain.mean, difference, noise };
    });
    rows.push(['mean', ...compared.flatMap(({ float32, bfloat16 }) => [percent(float32), percent(bfloat16)])]);
    const title = `k-NN in %, CLBO, ResNet-18, width ${size.width}, batch ${size.batch}, ${size.limit} images, ${size.epochs} epochs`;
    const head = ['', ...['student', 'teacher'].flatMap((network) => precisions.map((name) => `${network} ${name}`))];
    return {
      tables: [{ title, head, rows }],
      goals: compared.map(({ which: key, difference, noise }) => ({
        name: `${key}: bfloat16 off float32 by ${percent(difference)} points, in units of the noise of ${percent(noise)}`,
        measured: Math.abs(difference) / noise,
        atMost: 1,
      })),
      results: { ...size, found, compared },
    };
  },
};

async function learn(given: Record<string, unknown>, { settings: { dataRoot } }: Context): Promise<Found> {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-bench-'));
  try {
    const images = dataRoot === undefined ? { images: 'fashion-mnist' } : { images: 'cifar10', dataRoot };
    const config = resolveConfig({ ...images, method: 'clbo', knnEvery: 0, ...given });
    let last: Partial<Found> | undefined;
    for await (const event of pretrain(config, { out: join(folder, 'run') })) {
      if (event.kind === 'end') last = event.metrics;
    }
    const { knnStudent = Number.NaN, knnTeacher = Number.NaN } = last ?? {};
    return { knnStudent, knnTeacher };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Mean {
  readonly mean: number;
  readonly variance: number;
}

function meanAndSpread(values: readonly number[]): Mean {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, variance };
}
