import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as zlib from 'node:zlib';
import { unpackBits, unpackLzw, unpackZstd } from '../../../src/images/decode/tiff/blocks.js';
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

// Made by libzstd 1.5.7; one bit of its sequences is another in the damaged one.
const frame = '28b52ffd20a0750000380001040202040101001651c508';
const squares = Uint8Array.from({ length: 160 }, (_, i) => (i * i) % 7);

test('a frame of Zstandard', () => {
  assert.deepEqual(new Uint8Array(unpackZstd(Buffer.from(frame, 'hex'), 160)), squares);
  assert.throws(() => unpackZstd(Buffer.from(frame, 'hex'), 159), /more than its size/);
});

test('damage of Zstandard that only its own library notices', (t) => {
  if (!('zstdDecompressSync' in zlib)) return t.skip('Node has Zstandard from 22.15 on');
  assert.throws(() => unpackZstd(Buffer.from(frame.replace(/08$/, '09'), 'hex'), 160), { code: /ZSTD/ });
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
