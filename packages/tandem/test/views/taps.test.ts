import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scope } from '@tandem/torch';
import { blurTaps, interpolations, matrices, resizeTaps, type Taps, windows } from '../../src/views/taps.js';

/** The matrix [size, length] put together again from its windows; fails where a window leaves the line. */
function together(taps: Taps, transposed: boolean): Float32Array {
  const { count, many, step, length, weights } = windows(taps, transposed);
  assert.ok(step >= 1 && (count - 1) * step + length <= taps.length, `${count} windows of ${length} by ${step}`);
  assert.ok(count * many >= taps.size);
  const matrix = new Float32Array(taps.size * taps.length);
  for (let i = 0; i < taps.size; i++) {
    const k = Math.floor(i / many);
    for (let j = 0; j < length; j++) {
      const at = k * many * length + (transposed ? j * many + (i % many) : (i % many) * length + j);
      matrix[i * taps.length + k * step + j] = weights[at] as number;
    }
  }
  return matrix;
}

function assertWhole(taps: Taps, label: string): void {
  const expected = scope(() => matrices(taps, 'cpu').data()) as Float32Array;
  for (const transposed of [false, true]) {
    assert.ok(Buffer.from(together(taps, transposed).buffer).equals(Buffer.from(expected.buffer)), label);
  }
}

test('windows hold the whole matrix of a resized line, however long it was', () => {
  for (const interpolation of interpolations) {
    for (const size of [128, 129, 161, 224, 225, 384]) {
      for (const length of [
        1, 2, 5, 15, 16, 17, 28, 29, 31, 32, 33, 40, 41, 56, 57, 96, 97, 100, 127, 150, 224, 225, 256, 301, 500, 1000,
      ]) {
        const taps = resizeTaps(Int32Array.of(0), Int32Array.of(length), null, length, size, interpolation);
        assertWhole(taps, `${interpolation} ${length} to ${size}`);
      }
    }
  }
});

test('windows of a blur lie one block apart', () => {
  for (const radius of [1, 4, 11]) {
    const taps = blurTaps(Float32Array.of(1.3), radius, 224);
    assertWhole(taps, `radius ${radius}`);
    const { count, many, step, length } = windows(taps, false);
    assert.deepEqual([count, many, step, length], [7, 32, 32, 32 + 2 * radius]);
  }
});
