import assert from 'node:assert/strict';
import test from 'node:test';
import { contactSheet } from '../../src/views/index.js';

test('a contact sheet: columns as wide as their widest, small pictures as enlarged as the others, gray as colour', () => {
  const picture = (side: number, value: number, channels: 1 | 3) => ({
    side: { height: side, width: side },
    channels,
    pixels: new Uint8Array(channels * side * side).fill(value),
  });
  const sheet = contactSheet([[picture(64, 10, 3), picture(16, 20, 1)]], new Set([1]));
  assert.deepEqual([sheet.width, sheet.height], [4 + 128 + 4 + 12 + 32 + 4, 4 + 128 + 4]);
  const at = (x: number, y: number) => [...sheet.pixels.subarray(3 * (y * sheet.width + x)).subarray(0, 3)];
  assert.deepEqual(at(4, 4), [10, 10, 10]);
  assert.deepEqual(at(131, 131), [10, 10, 10]);
  assert.deepEqual(at(148, 4), [20, 20, 20]);
  assert.deepEqual(at(179, 35), [20, 20, 20]);
  for (const [x, y] of [
    [3, 4],
    [132, 4],
    [180, 4],
    [148, 36],
  ] as const)
    assert.deepEqual(at(x, y), [255, 255, 255]);
});
