import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toPlanar } from '../../../src/images/decode/to-planar.js';

test('colours are taken apart, wherever the bytes lie and however many pixels there are', () => {
  const room = Uint8Array.from({ length: 3 * 50 + 8 }, (_, i) => (i * 89 + 7) % 256);
  for (const area of [1, 2, 3, 4, 8, 12, 25, 36, 49]) {
    for (const offset of [0, 1, 4]) {
      for (const start of [0, 2, 4]) {
        const from = room.subarray(offset, offset + 3 * area);
        const to = new Uint8Array(3 * area + 8).fill(255);
        toPlanar(from, to, start);
        const expected = new Uint8Array(3 * area + 8).fill(255);
        for (let i = 0; i < area; i++) {
          for (let c = 0; c < 3; c++) expected[start + c * area + i] = from[3 * i + c] as number;
        }
        assert.deepEqual(to, expected, `${area} pixels from ${offset} to ${start}`);
      }
    }
  }
});
