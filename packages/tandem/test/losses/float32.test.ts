import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scope } from '@tandem/torch';
import { unit, wide } from '../../src/losses/index.js';
import { assertClose, normal } from '../support.js';
import { matrix } from './support.js';

test('unit: rows of length 1, but for those shorter than 1e-12, which are divided by it', () =>
  scope(() => {
    const z = matrix([
      [3, 4],
      [-6e-12, 8e-12],
      [3e-13, 4e-13],
      [0, 0],
    ]);
    assertClose(unit(z), [0.6, 0.8, -0.6, 0.8, 0.3, 0.4, 0, 0], { rtol: 1e-14 });
  }));

test('wide: half precision becomes float32, float32 and float64 stay what they are', () =>
  scope(() => {
    for (const half of ['float16', 'bfloat16'] as const) assert.equal(wide(normal([2, 2], 1, half)).dtype, 'float32');
    for (const dtype of ['float32', 'float64'] as const) {
      const z = normal([2, 2], 1, dtype);
      assert.equal(wide(z), z);
    }
  }));
