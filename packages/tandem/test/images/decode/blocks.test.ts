import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unpackBits, unpackLzw } from '../../../src/images/decode/tiff/blocks.js';
import { stream } from '../../../src/random.js';

// What real writers pack comes out right in decode-one.test.ts; here is what no writer makes.

test('the example of PackBits in the standard', () => {
  const packed = 'fe aa 02 80 00 2a fd aa 03 80 00 2a 22 f7 aa';
  const wanted = 'aa aa aa 80 00 2a aa aa aa aa 80 00 2a 22 aa aa aa aa aa aa aa aa aa aa';
  assert.deepEqual(unpackBits(bytes(packed), 100), bytes(wanted));
  assert.throws(() => unpackBits(bytes(packed), 5), /more than its size/);
  assert.throws(() => unpackBits(bytes('fe'), 100), /ends within a run/);
});

test('the example of LZW in the standard', () => {
  // Codes of 9 bits: 256 7 258 8 8 258 6 6 257.
  const codes = [256, 7, 258, 8, 8, 258, 6, 6, 257].map((code) => code.toString(2).padStart(9, '0')).join('');
  const packed = Uint8Array.from(codes.match(/.{1,8}/g) ?? [], (byte) => Number.parseInt(byte.padEnd(8, '0'), 2));
  const wanted = Uint8Array.of(7, 7, 7, 8, 8, 7, 7, 6, 6);
  assert.deepEqual(unpackLzw(packed, 100), wanted);
  assert.throws(() => unpackLzw(packed, 2), /more than its size/);
});

test('whatever the bytes are, no more than a block comes out of them', () => {
  const random = stream(1, 0, 0, 0);
  let refused = 0;
  for (let i = 0; i < 2000; i++) {
    const packed = Uint8Array.from({ length: 1 + random.below(400) }, () => random.below(256));
    if (i % 2) packed[0] = 0x80; // as a block of LZW begins
    for (const unpack of [unpackLzw, unpackBits]) {
      try {
        assert.ok(unpack(packed, 300).length <= 300);
      } catch (error) {
        assert.match((error as Error).message, /^TIFF: (LZW|PackBits|a strip)/);
        refused++;
      }
    }
  }
  assert.ok(refused > 500 && refused < 4000, `${refused}`);
});

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.split(' '), (byte) => Number.parseInt(byte, 16));
}
