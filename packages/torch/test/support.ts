import { readFileSync } from 'node:fs';
import { manualSeed, type Tensor, tensor } from '../src/index.js';

// What a test draws without a seed is the same each time: tolerances are for one case.
manualSeed(0);

/** A tensor as the fixtures hold it. */
export interface Stored {
  readonly dtype: 'float32' | 'float64' | 'int64' | 'bool';
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

/** Where the tests run. */
export const device = process.env.TANDEM_TEST_DEVICE ?? 'cpu';

/**
 * Whether memory can be measured: a sanitizer's allocator keeps what is freed, and answers no
 * questions.
 */
export const measuresMemory = process.env.ASAN_OPTIONS === undefined;

/** A fixture of this package; it stays in the source folder when the tests are compiled. */
export function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../test/fixtures/${name}.json`, import.meta.url), 'utf8')) as T;
}

/** JSON has no infinities: they are written `#inf`, `#-inf`, `#nan`. */
export function decode(value: number | string): number {
  if (typeof value === 'number') return value;
  return value === '#inf' ? Number.POSITIVE_INFINITY : value === '#-inf' ? Number.NEGATIVE_INFINITY : Number.NaN;
}

/** The stored tensor, in its own dtype unless another is given. */
export function load(stored: Stored, options: { dtype?: 'float32' | 'float64'; requiresGrad?: boolean } = {}): Tensor {
  const values = stored.data.map(decode);
  const { shape } = stored;
  const { dtype = stored.dtype, requiresGrad = false } = options;
  if (dtype === 'int64') return tensor(BigInt64Array.from(values, BigInt), { shape, device });
  return tensor(Float64Array.from(values), { shape, dtype, device, requiresGrad });
}

// GPUs compute float32 convolutions with shorter mantissas.
const tolerances: Record<string, { rtol: number; atol: number }> = {
  float64: { rtol: 1e-9, atol: 1e-11 },
  float32: device === 'cpu' ? { rtol: 1e-5, atol: 1e-6 } : { rtol: 2e-3, atol: 2e-3 },
};

/**
 * Compares shape, dtype and every element, |a - e| <= rtol |e| + atol max(1, max |e|); integers
 * exactly.
 * @throws with the worst element.
 */
export function assertClose(
  actual: Tensor,
  expected: Stored,
  label: string,
  tolerance?: { rtol: number; atol: number },
): void {
  const dtype = actual.dtype;
  const shapes = [actual.shape, expected.shape].map((shape) => `[${shape.join(', ')}]`);
  if (shapes[0] !== shapes[1]) throw new Error(`${label}: shape ${shapes[0]}, expected ${shapes[1]}`);
  const { rtol, atol } = tolerance ?? tolerances[dtype] ?? { rtol: 0, atol: 0 };
  const target = expected.data.map(decode);
  const found = Array.from(actual.data(), Number);
  const largest = target.reduce((most, e) => (Number.isFinite(e) ? Math.max(most, Math.abs(e)) : most), 1);
  let worst = -1;
  let excess = 0;
  target.forEach((e, i) => {
    const a = found[i] as number;
    if (Object.is(a, e) || a === e) return;
    const over = Math.abs(a - e) - rtol * Math.abs(e) - atol * largest;
    // A NaN on one side only is further off than any number.
    const distance = Number.isNaN(over) ? Number.POSITIVE_INFINITY : over;
    if (distance > excess) {
      excess = distance;
      worst = i;
    }
  });
  if (worst >= 0) {
    const where = position(worst, expected.shape);
    throw new Error(`${label}: worst at [${where}]: ${found[worst]}, expected ${target[worst]} (rtol ${rtol})`);
  }
}

function position(index: number, shape: readonly number[]): string {
  let rest = index;
  return shape
    .toReversed()
    .map((size) => {
      const at = rest % size;
      rest = Math.floor(rest / size);
      return at;
    })
    .reverse()
    .join(', ');
}

/** How far a result is from the right one, in parts of its norm. */
export function distance(a: Tensor, b: Tensor): number {
  return a.to('float64').sub(b).norm().item() / b.norm().item();
}
