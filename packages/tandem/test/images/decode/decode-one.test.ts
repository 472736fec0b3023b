import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { decodeOne } from '../../../src/images/decode/decode-one.js';
import { fixture } from '../../support.js';

/** A file, and the pixels that it stands for or words of why it is skipped. */
type Case = {
  readonly name: string;
  /** That of docs/reference/decoders.md which it belongs to. */
  readonly row?: string;
  readonly file: string;
} & (
  | { readonly reason: string }
  | { readonly width: number; readonly height: number; readonly pixels: string; readonly off: number }
);

const unusual = fixture<readonly Case[]>('unusual');
const cases = [...fixture<readonly Case[]>('pictures'), ...unusual];

for (const one of cases) {
  test(`${one.name}: ${'reason' in one ? 'skipped, with the reason' : 'the pixels that its writer was given'}`, async () => {
    const image = await decodeOne(unpacked(one.file), { format: { channels: 3 } }, true);
    if ('reason' in one) {
      assert.match(
        typeof image === 'string' ? image : `${image.width} x ${image.height} pixels`,
        new RegExp(one.reason),
      );
      return;
    }
    if (typeof image === 'string') assert.fail(image);
    assert.deepEqual([image.width, image.height], [one.width, one.height]);
    const pixels = new Uint8Array(3 * one.width * one.height);
    image.write(pixels, 0);
    const wanted = unpacked(one.pixels);
    const furthest = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - (pixels[i] as number))), 0);
    assert.ok(furthest <= one.off, `${furthest} apart, at most ${one.off} wanted`);
  });
}

test('the page of unusual pictures has a row for each kind that is tried, and no other', () => {
  const page = readFileSync(new URL('../../../../../../docs/reference/decoders.md', import.meta.url), 'utf8');
  const rows = page.split('\n').flatMap((line) => line.match(/^\| ([A-Z].*?) \|/)?.[1] ?? []);
  assert.deepEqual(rows, [...new Set(unusual.map(({ row }) => row))]);
});

function unpacked(text: string): Buffer {
  return inflateSync(Buffer.from(text, 'base64'));
}
