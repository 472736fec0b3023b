import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../src/errors.js';
import { bytesOf, openImages, streamImages } from '../../src/images/index.js';
import { png, temporary, write } from './making.js';

/** All images of a stream, by file: side and bytes; and the files in order. */
async function everything(where: string, done?: ReadonlySet<string>) {
  const images = new Map<string, { side: number; bytes: Uint8Array }>();
  const skipped: string[] = [];
  for await (const { set, skipped: bad } of (await streamImages(where, { size: 16 })).chunks(done)) {
    for (const [i, file] of set.files.entries()) {
      images.set(file, { side: set.height, bytes: bytesOf(set, i, i + 1).slice() });
    }
    skipped.push(...bad.map(({ file }) => file));
  }
  return { images, skipped };
}

test('each image comes out as it would alone, in order, whatever its neighbours are', async (t) => {
  const root = temporary(t);
  const [small, large] = [await png([10, 20, 30], 8), await png([40, 50, 60], 60)];
  const names = Array.from({ length: 600 }, (_, i) => `${String(i).padStart(3, '0')}.png`);
  const isLarge = (i: number) => i === 3 || i === 4 || i === 560;
  names.forEach(
    (name, i) => void write(root, name, i === 0 || i === 5 || i === 599 ? 'broken' : isLarge(i) ? large : small),
  );
  const { images, skipped } = await everything(root);
  assert.deepEqual(skipped, ['000.png', '005.png', '599.png']);
  assert.deepEqual(
    [...images.keys()],
    names.filter((name) => !skipped.includes(name)),
  );
  const alone = temporary(t);
  write(alone, 'small.png', small);
  const one = (await everything(alone)).images.get('small.png');
  assert.equal(one?.side, 8);
  for (const [name, image] of images) {
    if (isLarge(names.indexOf(name))) assert.equal(image.side, 19);
    else assert.deepEqual(image, one);
  }
});

test('the fingerprint is of names and state: a picture or an archive that changes gives another', async (t) => {
  const root = temporary(t);
  const of = async (where: string) => (await streamImages(where, { size: 16 })).fingerprint;
  for (const name of ['a.png', 'b.png']) write(root, name, await png([1, 2, 3], 8));
  const before = await of(root);
  assert.equal(await of(root), before);
  const file = join(root, 'a.png');
  const { size } = statSync(file);
  utimesSync(file, 1e9, 1e9);
  const touched = await of(root);
  assert.notEqual(touched, before);
  appendFileSync(file, 'more');
  utimesSync(file, 1e9, 1e9);
  assert.ok(statSync(file).size > size);
  assert.notEqual(await of(root), touched);
  const tar = join(temporary(t), 'pictures.tar');
  execFileSync('tar', ['-cf', tar, '-C', root, 'a.png', 'b.png']);
  const packed = await of(tar);
  assert.equal(await of(tar), packed);
  utimesSync(tar, 1e9, 1e9);
  assert.notEqual(await of(tar), packed);
});

test('what is done is left out, and nothing else: images, broken ones, and what is no file', async (t) => {
  const root = temporary(t);
  for (const name of ['a.png', 'b.png', 'c.png']) write(root, name, await png());
  write(root, 'bad.png', 'broken');
  symlinkSync('nowhere', join(root, 'link.png'));
  assert.deepEqual((await everything(root)).skipped.sort(), ['bad.png', 'link.png']);
  for (const done of [['a.png'], ['link.png', 'a.png', 'bad.png'], ['c.png', 'link.png']]) {
    const { images, skipped } = await everything(root, new Set(done));
    assert.deepEqual(
      [...images.keys(), ...skipped].sort(),
      ['a.png', 'b.png', 'bad.png', 'c.png', 'link.png'].filter((name) => !done.includes(name)),
    );
  }
});

test('a path that holds no images is refused as when it is opened', async (t) => {
  const root = temporary(t);
  write(root, 'empty.txt', '');
  for (const where of [join(root, 'empty.txt'), join(root, 'nowhere'), 'cifar1']) {
    const refusal = await openImages(where).catch((error: unknown) => error);
    assert.ok(refusal instanceof UserError);
    await assert.rejects(streamImages(where, { size: 16 }), { name: 'UserError', message: refusal.message });
  }
});
