import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cached } from '../../../src/images/cache/cached.js';
import { type PixelFile, streamImages } from '../../../src/images/index.js';
import { digestOf, joined, jsonOf } from '../../../src/images/set/digest.js';
import type { NewStore } from '../../../src/images/set/store.js';
import { png, temporary, write } from '../making.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('piece by piece comes out what one text gives', () => {
  for (const lists of [
    [[], []],
    [['a']],
    [
      ['ä"\\\n\u0001', '猫', ''],
      ['x', 'y', 'z'],
    ],
  ]) {
    assert.equal([...jsonOf(lists)].join(''), JSON.stringify(lists));
    assert.equal(digestOf(jsonOf(lists)), sha256(JSON.stringify(lists)));
    for (const list of lists) assert.equal(digestOf(joined(list, '\n')), sha256(list.join('\n')));
  }
});

test("a stream's digest is of its names, and of size and time of each file", async (t) => {
  const root = temporary(t);
  for (const name of ['b.png', 'a/c.png', 'a.png']) write(root, name, await png());
  const { fingerprint } = await streamImages(root, { size: 16 });
  const names = ['a.png', 'a/c.png', 'b.png'];
  const state = names.map((name) => {
    const { size, mtimeMs } = statSync(join(root, name));
    return `${join(root, name)}\0${size}\0${mtimeMs}`;
  });
  assert.equal(fingerprint, sha256(JSON.stringify([names, state])));
});

test('names that are longer together than a string may be are no obstacle', async (t) => {
  const folder = temporary(t);
  const files = new Array<string>(17).fill('x'.repeat(2 ** 25));
  assert.throws(() => files.join(), RangeError);
  const origin = write(folder, 'images/a.png', await png());
  const where = join(folder, 'images');
  const key = { name: 'many', where, settings: {}, files, origins: [origin] };
  const build = async (newStore: NewStore<PixelFile>) => {
    const store = await newStore(1, { channels: 3 }, 8);
    store.write(0, (to) => to.fill(1));
    return store.finish({ side: 8, kept: [0], skipped: [] });
  };
  const { kept } = await cached(key, build, { cache: join(folder, 'cache') });
  assert.deepEqual(kept, [0]);
});
