import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scope } from 'tandem-torch';
import { atLeastFloat32, highestLabel, l2Normalize, percent } from '../src/math.js';
import { matrix } from './losses/support.js';
import { assertClose, normal } from './support.js';

test('l2Normalize: rows of length 1, but for those shorter than 1e-12, which are divided by it', () =>
  scope(() => {
    const z = matrix([
      [3, 4],
      [-6e-12, 8e-12],
      [3e-13, 4e-13],
      [0, 0],
    ]);
    assertClose(l2Normalize(z), [0.6, 0.8, -0.6, 0.8, 0.3, 0.4, 0, 0], { rtol: 1e-14 });
  }));

test('atLeastFloat32: half precision becomes float32, float32 and float64 stay what they are', () =>
  scope(() => {
    for (const half of ['float16', 'bfloat16'] as const)
      assert.equal(atLeastFloat32(normal([2, 2], 1, half)).dtype, 'float32');
    for (const dtype of ['float32', 'float64'] as const) {
      const z = normal([2, 2], 1, dtype);
      assert.equal(atLeastFloat32(z), z);
    }
  }));

test('highestLabel: the largest, 0 where there are none or -1 stands for none', () => {
  assert.equal(highestLabel(Int32Array.of(3, 7, 0)), 7);
  assert.equal(highestLabel(Int32Array.of(-1, -1)), 0);
  assert.equal(highestLabel(new Int32Array()), 0);
  assert.equal(highestLabel(new Int32Array(300_000).fill(2)), 2);
});

test('percent: two digits unless other ones are asked for', () => {
  assert.equal(percent(0.5), '50.00 %');
  assert.equal(percent(0.12345, 1), '12.3 %');
});
