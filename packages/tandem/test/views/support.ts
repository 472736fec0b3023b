import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { arange, type Device, scope, type Tensor, tensor, zeros } from 'tandem-torch';
import type { ImageShape, Interpolation, ViewParameters } from '../../src/views/index.js';
import { StagingBuffer } from '../../src/views/staging-buffer.js';
import type { Taps } from '../../src/views/taps.js';

/** Where the tests run. */
export const device = process.env.TANDEM_TEST_DEVICE ?? 'cpu';

export interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** One call of a torchvision operator. */
export interface Case {
  readonly op: string;
  readonly name?: string;
  readonly box: { readonly top: number; readonly left: number; readonly height: number; readonly width: number };
  readonly size: readonly [number, number];
  readonly interpolation?: Interpolation;
  readonly factor: number;
  readonly shift: number;
  readonly kernelSize: number;
  readonly sigma: number;
  readonly steps: readonly (readonly ['brightness' | 'contrast' | 'saturation' | 'hue', number])[];
  readonly output: Stored;
}

/**
 * One call of a torchvision operator on `ramps` of some shape; some of the pixels of the result.
 */
export interface LargeCase extends Pick<Case, 'op' | 'box' | 'factor' | 'kernelSize' | 'sigma'> {
  readonly image: readonly [channels: 1 | 3, height: number, width: number];
  readonly size: number;
  readonly interpolation: Interpolation;
  readonly shape: readonly number[];
  readonly places: readonly number[];
  /**
   * In floating point, 0 to 1; and in 8 bits, 0 to 255, by Pillow but where the fixture's script
   * says otherwise.
   */
  readonly exact: readonly number[];
  readonly eight: readonly number[];
}

/** How often torchvision drew each number in 20,000 boxes. */
export interface Draws {
  readonly image: readonly [height: number, width: number];
  readonly scale: readonly [number, number];
  readonly counts: Readonly<Record<'top' | 'left' | 'height' | 'width', readonly number[]>>;
}

export const fixture = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/views.json', import.meta.url), 'utf8'),
) as {
  readonly images: Stored;
  readonly cases: readonly Case[];
  readonly large: readonly LargeCase[];
  readonly draws: readonly Draws[];
};

/** The images that the fixture's script makes by the same rule. */
export function ramps([channels, height, width]: LargeCase['image']): Uint8Array {
  return Uint8Array.from({ length: channels * height * width }, (_, at) => {
    const x = at % width;
    const y = Math.floor(at / width) % height;
    const c = Math.floor(at / (width * height));
    return (3 + c) * x + (5 - c) * y + Math.floor((x * y) / (7 + c)) + 60 * c;
  });
}

/** The fixture's images in float32, in a new tensor. */
export function pictures(): Tensor {
  return tensor(Float32Array.from(fixture.images.data), { shape: fixture.images.shape, device });
}

export function assertClose(actual: Tensor, expected: Stored, label: string, atol = 1e-5): void {
  assert.deepEqual([...actual.shape], [...expected.shape], label);
  const found = actual.data();
  expected.data.forEach((value, i) => {
    const off = Math.abs(Number(found[i]) - value);
    assert.ok(off <= atol, `${label}: element ${i} is ${found[i]}, expected ${value}`);
  });
}

/** Bytes that look random, the same every time. */
export function bytes(count: number, { channels, height, width }: ImageShape, start = 1): Uint8Array {
  let state = start;
  return Uint8Array.from({ length: count * channels * height * width }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

export function indices(count: number, from = 0): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => from + i);
}

/** What a staging buffer brings what it needs, with the buffer sent. */
export function applied<Work>(where: Device, plan: (staging: StagingBuffer) => Work): Work {
  const staging = new StagingBuffer(where);
  const work = plan(staging);
  staging.send();
  return work;
}

/** Maps as matrices [count, size, length]. */
export function matrices({ count, length, size, each, first, weights }: Taps): Tensor {
  const rows = count * size;
  const places = tensor(first, { shape: [rows, 1] }).add(arange(each, { dtype: 'int32' }));
  const sparse = zeros([rows, length]).scatter_(1, places.to('int64'), tensor(weights, { shape: [rows, each] }));
  return sparse.view([count, size, length]);
}

/** A copy of what `make` returns; frees all it made. */
export function values(make: () => Tensor): Float32Array {
  return scope(() => make().data()) as Float32Array;
}

/** The parameters of some of the images. */
export function some(parameters: ViewParameters, rows: readonly number[]): ViewParameters {
  const { count: _, key, ...rest } = parameters;
  const arrays = Object.entries(rest) as [string, Uint8Array][];
  const picked = arrays.map(([name, array]) => {
    const each = array.length / parameters.count;
    const parts = rows.flatMap((row) => [...array.subarray(row * each, (row + 1) * each)]);
    return [name, (array.constructor as Uint8ArrayConstructor).from(parts)];
  });
  return { count: rows.length, key, ...Object.fromEntries(picked) };
}
