import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderIn, partsIn, windowsPerPass } from '../../../src/images/streamed/order.js';

test('each part is in one window of a pass, and passes differ', () => {
  for (const [parts, size] of [
    [10, 3],
    [4, 4],
    [1, 16],
    [7, 1],
  ] as const) {
    const each = windowsPerPass(parts, size);
    const pass = (p: number) => Array.from({ length: each }, (_, w) => partsIn(p * each + w, parts, size, 5)).flat();
    assert.deepEqual(
      [...pass(0)].sort((a, b) => a - b),
      [...Array(parts).keys()],
    );
    assert.deepEqual(
      [...pass(1)].sort((a, b) => a - b),
      [...Array(parts).keys()],
    );
    if (parts > 6) assert.notDeepEqual(pass(0), pass(1));
  }
});

test('seed and window decide the order of images, and nothing else', () => {
  assert.deepEqual(orderIn(3, 50, 1), orderIn(3, 50, 1));
  assert.notDeepEqual(orderIn(3, 50, 1), orderIn(4, 50, 1));
  assert.notDeepEqual(orderIn(3, 50, 1), orderIn(3, 50, 2));
  assert.deepEqual(
    [...orderIn(3, 50, 1)].sort((a, b) => a - b),
    [...Array(50).keys()],
  );
});
