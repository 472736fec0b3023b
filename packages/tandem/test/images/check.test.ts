import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { checkImages, openImages, writeLists } from '../../src/images/index.js';
import { png, temporary, write } from './making.js';

/** A picture that looks like no other of another seed. */
function scene(seed: number, side = 96) {
  const coarse = Uint8Array.from({ length: 6 * 6 * 3 }, (_, i) => (((i + 1) * (seed * 2 + 7) * 7919) >> 3) % 256);
  return sharp(coarse, { raw: { width: 6, height: 6, channels: 3 } }).resize(side, side, { kernel: 'cubic' });
}

async function folder(root: string): Promise<void> {
  for (let i = 0; i < 10; i++) {
    write(root, `train/${i % 2 ? 'odd' : 'even'}/${i}.png`, await scene(i).png().toBuffer());
    write(
      root,
      `test/${i % 2 ? 'odd' : 'even'}/${i}.png`,
      await scene(100 + i)
        .png()
        .toBuffer(),
    );
  }
}

test('formats by content, sizes, classes and split are counted', async (t) => {
  const root = temporary(t);
  await folder(root);
  write(root, 'train/even/a.png', await scene(50, 64).jpeg().toBuffer());
  write(root, 'train/even/broken.png', 'This is no image.');
  const check = await checkImages(root);
  assert.deepEqual([check.images, check.formats, check.split], [21, { png: 20, jpeg: 1 }, 'given']);
  assert.deepEqual(check.sizes, {
    width: { least: 64, median: 96, most: 96 },
    height: { least: 64, median: 96, most: 96 },
  });
  assert.deepEqual(check.classes, [
    { name: 'even', train: 7, test: 5 },
    { name: 'odd', train: 5, test: 5 },
  ]);
  assert.deepEqual(check.endings, [{ file: 'train/even/a.png', reason: 'it is jpeg' }]);
  assert.deepEqual(
    check.skipped.map(({ file }) => file),
    ['train/even/broken.png'],
  );
  const nothing = [check.constant, check.blank, check.duplicates, check.lookalikes, check.leaks];
  assert.deepEqual(nothing, [[], [], [], [], []], 'different pictures are not suspicious');
});

test('constant and partly black pictures, copies and lookalikes are named, and test pictures among those learned from', async (t) => {
  const root = temporary(t);
  await folder(root);
  const own = readFileSync(join(root, 'train/even/2.png'));
  write(root, 'train/even/copy.png', own);
  write(root, 'test/even/again.jpg', await sharp(own).resize(80, 80).jpeg({ quality: 70 }).toBuffer());
  write(
    root,
    'train/odd/lighter.webp',
    await sharp(readFileSync(join(root, 'train/odd/3.png')))
      .linear(1.02, 1)
      .webp()
      .toBuffer(),
  );
  write(root, 'train/odd/flat.png', await png([9, 9, 9], 40));
  const black = {
    input: { create: { width: 96, height: 40, channels: 3, background: '#000' } },
    gravity: 'south',
  } as const;
  write(root, 'train/odd/torn.png', await scene(70).composite([black]).png().toBuffer());
  const check = await checkImages(root);
  assert.deepEqual(check.constant, ['train/odd/flat.png']);
  assert.deepEqual(check.blank, ['train/odd/torn.png']);
  assert.deepEqual(check.duplicates, [['train/even/2.png', 'train/even/copy.png']]);
  assert.deepEqual(check.lookalikes, [
    ['test/even/again.jpg', 'train/even/2.png'],
    ['train/odd/3.png', 'train/odd/lighter.webp'],
  ]);
  assert.deepEqual(check.leaks, [{ test: 'test/even/again.jpg', train: 'train/even/2.png' }]);
});

test('a list leaves its pictures out of what is opened, and one that fits nothing is refused', async (t) => {
  const root = temporary(t);
  await folder(root);
  write(root, 'train/even/copy.png', readFileSync(join(root, 'train/even/2.png')));
  const lists = join(temporary(t), 'lists');
  const written = await writeLists(lists, await checkImages(root));
  assert.deepEqual(written, { 'duplicates.txt': 1 });
  assert.ok(!existsSync(join(lists, 'constant.txt')));
  const leaveOut = join(lists, 'duplicates.txt');
  const { train, note } = await openImages(root, { leaveOut });
  assert.ok(!train.files?.includes('train/even/copy.png') && train.files?.includes('train/even/2.png'));
  assert.match(note ?? '', /1 of 21 images are left out/);
  await assert.rejects(openImages(join(root, 'test'), { leaveOut }), /none of the 1 paths/);
});
