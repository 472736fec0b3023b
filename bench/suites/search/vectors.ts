import { openSync, readSync } from 'node:fs';
import { arange, manualSeed, noGrad, randint, randn, scope, type Tensor, tensor } from 'tandem-torch';

/** Vectors that are asked for, which are not among those that are indexed. */
export const asked = 1000;

/** Real vectors that are used: what a bench holds itself should be little. */
const mostReal = 20_000;
/** Noise on a copy of a real vector, of so much of its length. */
const noise = 0.3;
/** Of soft clusters: how many, and numbers of a point before a random layer. */
const [clusters, hidden] = [1000, 64] as const;

/** Rows of length 1, as many as one wants; block i is always the same. */
export interface Vectors {
  readonly width: number;
  /** [n, width] @param seed of these rows, and where the first is */
  rows(seed: number, from: number, n: number): Float32Array;
  /** [asked, width] */
  readonly queries: Float32Array;
}

/**
 * Real vectors, each as often as it takes, with noise on each; the last of them are asked for.
 * @param file .npy, as `tandem embed --normalize` writes it; points of soft clusters through a
 * random layer with ReLU where there is none
 */
export function makeVectors(file: string | undefined, width: number): Vectors {
  return file === undefined ? softClusters(width) : around(openNpy(file));
}

function around({ width, count, read }: Npy): Vectors {
  const used = Math.min(count - asked, mostReal);
  if (used < asked) throw new Error(`at least ${2 * asked} vectors are needed`);
  let real: Tensor | undefined;
  return {
    width,
    rows: (seed, from, n) => {
      real ??= tensor(read(0, used)).view([used, width]).keep();
      const all = real;
      return float32(() => {
        manualSeed(seed);
        const some = all.indexSelect(0, arange(n, { dtype: 'int64' }).add(from).remainder(used));
        return some.add(randn([n, width]).mul(noise / Math.sqrt(width)));
      });
    },
    queries: read(count - asked, asked),
  };
}

function softClusters(width: number): Vectors {
  manualSeed(1);
  const [centres, layer] = [randn([clusters, hidden]), randn([hidden, width])];
  const rows = (seed: number, n: number) =>
    float32(() => {
      manualSeed(seed);
      const points = centres
        .indexSelect(0, randint(clusters, [n], { dtype: 'int64' }))
        .add(randn([n, hidden]).mul(0.5));
      return points.mm(layer).relu();
    });
  return { width, rows: (seed, _, n) => rows(seed + 2, n), queries: rows(2 ** 30, asked) };
}

/** Of length 1. */
function float32(make: () => Tensor): Float32Array {
  return scope(() =>
    noGrad(() => {
      const x = make();
      return x.div(x.square().sum([1], { keepdim: true }).sqrt()).data();
    }),
  ) as Float32Array;
}

/** Float32 rows in a file. */
interface Npy {
  readonly width: number;
  readonly count: number;
  /** [n, width] */
  read(from: number, n: number): Float32Array;
}

function openNpy(file: string): Npy {
  const handle = openSync(file, 'r');
  const head = Buffer.alloc(256);
  readSync(handle, head, 0, head.length, 0);
  const start = 10 + head.readUInt16LE(8);
  const header = head.toString('latin1', 10, start);
  const [count, width] = (/'shape': \((\d+), (\d+)\)/.exec(header)?.slice(1) ?? []).map(Number) as [number, number];
  if (!header.includes("'<f4'") || !(width > 0)) throw new Error(`${file} is no .npy of float32 rows`);
  return {
    ...{ width, count },
    read(from, n) {
      const rows = new Float32Array(n * width);
      readSync(handle, new Uint8Array(rows.buffer), 0, rows.byteLength, start + from * width * 4);
      return rows;
    },
  };
}
