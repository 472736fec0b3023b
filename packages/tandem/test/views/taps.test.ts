import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ones, rand, scope, type Tensor, tensor } from 'tandem-torch';
import { resample } from '../../src/views/resample.js';
import { blurTaps, type Interpolation, interpolations, resizeTaps, type Taps } from '../../src/views/taps.js';
import { matrices } from './support.js';

function assertSame(x: Tensor, rows: Taps, columns: Taps, label: string): void {
  scope(() => {
    const expected = resample(x, matrices(rows), matrices(columns));
    const found = resample(x, rows, columns);
    assert.deepEqual(found.shape, expected.shape, label);
    const off = found.sub(expected).abs().max().item() as number;
    assert.ok(off < 1e-6, `${label}: off by ${off}`);
  });
}

test('the kernel gives what the products with whole matrices do, however long the lines', () => {
  /** The lines of one image whole, those of the other in part. */
  const taps = (length: number, interpolation: Interpolation, flip: Uint8Array | null, unit: number) => {
    const part = Math.ceil(length / 2);
    return resizeTaps(
      Int32Array.of(0, length - part),
      Int32Array.of(length, part),
      flip,
      length,
      49,
      interpolation,
      unit,
    );
  };
  for (const interpolation of interpolations) {
    for (const h of [1, 2, 5, 15, 16, 17, 31, 32, 33, 40, 64, 65, 97, 150, 301]) {
      const w = ((7 * h) % 100) + 1;
      scope(() => {
        const rows = (unit: number) => taps(h, interpolation, null, unit);
        const columns = taps(w, interpolation, Uint8Array.of(1, 0), 1);
        const x = rand([2, 3, h, w + 3]);
        assertSame(x.narrow(3, 2, w), rows(1), columns, `${interpolation} ${h} x ${w}`);
        assertSame(
          x.mul(255).to('uint8').narrow(3, 2, w),
          rows(1 / 255),
          columns,
          `bytes, ${interpolation} ${h} x ${w}`,
        );
      });
    }
  }
});

test('a blur is the same matrix product, and leaves a constant image constant, wherever its border', () => {
  for (const [radius, h, w] of [
    [1, 2, 3],
    [4, 5, 40],
    [11, 224, 30],
    [11, 12, 12],
  ] as const) {
    const sigmas = Float32Array.of(0.1, 1.3, 20);
    const [rows, columns] = [blurTaps(sigmas, radius, h), blurTaps(sigmas, radius, w)];
    scope(() => {
      const x = rand([3, 1, h, w]);
      assertSame(x, rows, columns, `radius ${radius}`);
      const one = resample(ones(x.shape), rows, columns);
      assert.ok((one.sub(1).abs().max().item() as number) < 1e-6);
    });
  }
});

test('the operator refuses what it was not made for', () => {
  scope(() => {
    const x = rand([1, 3, 4, 5]);
    const first = tensor([[0, 2]], { dtype: 'int32' });
    const weights = ones([1, 2, 2]);
    assert.deepEqual(x.resampleLines(first, weights).shape, [1, 3, 5, 2]);
    assert.throws(
      () => x.to('float64').resampleLines(first, weights),
      /resampleLines\(.*uint8 or float32 images \[n, c, h, w\]/,
    );
    assert.throws(() => x.select(0, 0).resampleLines(first, weights), /images \[n, c, h, w\]/);
    assert.throws(() => x.resampleLines(first.add(1), weights), /a line has 4 pixels only/);
    assert.throws(() => x.resampleLines(first.sub(1), weights), /a line has 4 pixels only/);
    assert.throws(() => x.resampleLines(first.to('int64'), weights), /'first' must be int32 \[1, size\]/);
    assert.throws(() => x.resampleLines(first, ones([1, 3, 2])), /'weights' must be float32 \[1, 2, each\]/);
    x.requiresGrad = true;
    assert.throws(() => x.resampleLines(first, weights), /no gradient/);
  });
});
