import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type DType, manualSeed, nn, type Tensor, tensor } from 'tandem-torch';
import type { ImageSet } from '../src/images/index.js';
import type { Encoder } from '../src/networks/index.js';
import { stream } from '../src/random.js';

// A network that a test makes without a seed is the same each time: tolerances are for one case.
manualSeed(0);

/** A fixture of this package; it stays in the source folder when the tests are compiled. */
export function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../test/fixtures/${name}.json`, import.meta.url), 'utf8')) as T;
}

/** The methods of the CLBO study. */
export const study = ['barlow-twins', 'byol', 'clbo', 'moby', 'moco', 'simclr', 'simsiam', 'vicreg'];

/** A folder that goes when the test ends. */
export function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Draws from a standard normal distribution that repeat in every run. */
export function normal(shape: readonly number[], seed: number, dtype: DType = 'float64'): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const random = stream(seed);
  const values = Float64Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next()),
  );
  return tensor(values, { shape, dtype });
}

/**
 * Numbers in [0, 1) from the integer hash that the fixtures of the networks use: element k of the
 * t-th tensor, in any language the same.
 */
export function hashed(shape: readonly number[], t: number): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const values = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    let h = (Math.imul(k, 0x9e3779b1) + Math.imul(t, 0x85ebca6b)) >>> 0;
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) >>> 0;
    h = Math.imul(h ^ (h >>> 12), 0x297a2d39) >>> 0;
    values[k] = ((h ^ (h >>> 15)) >>> 0) / 2 ** 32;
  }
  return tensor(values, { shape });
}

/** The elements as plain numbers. */
export function elements(x: Tensor): number[] {
  return Array.from(x.data(), Number);
}

/** |a - e| <= rtol |e| + atol for every element. */
export function assertClose(
  actual: Tensor | readonly number[] | number,
  expected: Tensor | readonly number[] | number,
  { rtol = 0, atol = 0, label = '' }: { rtol?: number; atol?: number; label?: string },
): void {
  const [found, wanted] = [actual, expected].map((x) =>
    typeof x === 'number' ? [x] : Array.isArray(x) ? (x as number[]) : elements(x as Tensor),
  ) as [number[], number[]];
  assert.equal(found.length, wanted.length, `${label}: number of elements`);
  wanted.forEach((e, i) => {
    const a = found[i] as number;
    const close = a === e || Math.abs(a - e) <= rtol * Math.abs(e) + atol;
    assert.ok(close, `${label}: element ${i} is ${a}, expected ${e} (rtol ${rtol}, atol ${atol})`);
  });
}

/** Images of noise, the same in every run. */
export function noise(count: number, { channels, side }: { channels: 1 | 3; side: number }): ImageSet {
  const random = stream(count, channels, side);
  const pixels = Uint8Array.from({ length: count * channels * side * side }, () => random.below(256));
  return { name: 'noise', count, channels, height: side, width: side, pixels };
}

/** One number for all bits of all tensors. */
export function hash(tensors: readonly Tensor[]): string {
  const sum = createHash('sha256');
  for (const x of tensors) sum.update(x.bytes());
  return sum.digest('hex');
}

/**
 * Pixels times a matrix, batch norm, ReLU: the smallest encoder that has all that a ResNet's
 * training touches.
 */
export class TinyEncoder extends nn.Module implements Encoder {
  readonly linear: nn.Linear;
  readonly bn: nn.BatchNorm1d;

  constructor(
    inputs: number,
    readonly featureWidth: number,
  ) {
    super();
    this.linear = new nn.Linear(inputs, featureWidth);
    this.bn = new nn.BatchNorm1d(featureWidth);
  }

  forward(x: Tensor): Tensor {
    return this.bn.forward(this.linear.forward(x.flatten({ startDim: 1 }))).relu();
  }
}
