import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withinMemory } from '../../../src/images/datasets/within-memory.js';
import { bytesOf, type ImageSet, limit, PixelFile } from '../../../src/images/index.js';
import { temporary } from '../making.js';

function setOf(name: string, count: number, shift: number): ImageSet {
  const pixels = Uint8Array.from({ length: count * 48 }, (_, i) => (i * 31 + shift) % 256);
  return { name, count, channels: 3, height: 4, width: 4, pixels, labels: new Int32Array(count) };
}

test('sets that are larger than may be held in memory come from one file, with the same bytes', async (t) => {
  const cache = temporary(t);
  const parts = { storage: { memory: 1000, cache }, progress: {} };
  const [train, queries] = [setOf('some', 40, 1), setOf('some', 5, 2)];
  const data = { name: 'some', train, reference: train, queries, skipped: [] };
  const kept = await withinMemory(data, parts);
  assert.ok(kept.train.pixels instanceof PixelFile);
  assert.equal(kept.reference, kept.train);
  assert.equal(kept.queries, queries, 'a small one stays');
  assert.deepEqual(bytesOf(kept.train), train.pixels);
  assert.deepEqual(kept.train.labels, train.labels);
  assert.deepEqual(bytesOf(limit(kept.train, 7)), bytesOf(limit(train, 7)));
  const again = await withinMemory(data, parts);
  assert.equal((again.train.pixels as PixelFile).path, kept.train.pixels.path, 'another process reads the same file');
  // Other pixels of the same name and number are another set.
  const other = await withinMemory({ ...data, train: setOf('some', 40, 3) }, parts);
  assert.notDeepEqual(bytesOf(other.train), train.pixels);
  assert.equal(readdirSync(cache).filter((name) => name.startsWith('some-')).length, 2, join(cache));
});

test('without a limit all stay where they are', async () => {
  const data = { name: 'some', train: setOf('some', 40, 1), skipped: [] };
  assert.equal((await withinMemory(data, { storage: {}, progress: {} })).train, data.train);
});
