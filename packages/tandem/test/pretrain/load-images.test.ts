import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { collectGarbage } from '../../src/collect-garbage.js';
import { bytesOf, PixelFile } from '../../src/images/index.js';
import { loadImages, resolveConfig } from '../../src/pretrain/index.js';
import { temporary, write } from '../images/making.js';

test('of several processes on a host none keeps images of its own in memory', async (t) => {
  const root = temporary(t);
  const records = Buffer.alloc(2000 * 3073);
  for (let i = 0; i < 2000; i++) records.fill(i % 251, i * 3073 + 1, (i + 1) * 3073);
  const names = ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5', 'test_batch'];
  for (const name of names) write(root, `cifar-10-batches-bin/${name}.bin`, records);
  write(root, 'cifar-10-batches-bin/batches.meta.txt', 'abcdefghij'.split('').join('\n'));
  const config = resolveConfig({ images: 'cifar10', dataRoot: root, cache: join(root, 'cache') });
  const member = { host: 'here', address: '127.0.0.1' };
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  const { train, queries } = await loadImages(config, { group: { rank: 1, members: [member, member] } });
  const grown = () => process.memoryUsage().arrayBuffers - before;
  assert.ok(train.pixels instanceof PixelFile);
  assert.ok(queries !== undefined && queries.pixels instanceof Uint8Array, 'a small set stays');
  // Room for 10,000 test images; that for 50,000 images to learn from is given back.
  const most = 10_000 * 3072 + 2 ** 22;
  for (let i = 0; i < 100 && grown() > most; i++) await setTimeout(20); // another thread frees it
  assert.ok(grown() < most, `${grown()} bytes more`);
  assert.deepEqual(bytesOf(train, 2250, 2251), new Uint8Array(3072).fill(250));
});
