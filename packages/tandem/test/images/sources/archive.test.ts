import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../../src/errors.js';
import { openImages } from '../../../src/images/index.js';
import { gzipError } from '../../../src/images/sources/gzip.js';
import { pixel, png, tarOf, temporary, write } from '../making.js';

async function refused(where: string, pattern: RegExp): Promise<void> {
  await assert.rejects(openImages(where), (error: Error) => {
    assert.ok(error instanceof UserError, error.stack);
    assert.match(error.message, pattern);
    assert.ok(error.message.includes(basename(where)));
    return true;
  });
}

/** A tar of two classes, wrapped in a folder, with the order of its entries mixed up. */
async function sample(): Promise<Buffer> {
  const entries = [];
  for (const i of [3, 0, 2, 1]) {
    entries.push({ name: `pets/dog/${i}.png`, body: await png([i, 100, 0]) });
    entries.push({ name: `pets/cat/${i}.png`, body: await png([i, 0, 100]) });
  }
  return tarOf([{ name: 'pets/', type: 'directory' }, ...entries, { name: 'pets/readme.txt', body: 'hello' }]);
}

test('a tar is read like the folder it holds, gzipped or not, whatever its name says', async (t) => {
  const tar = await sample();
  const root = temporary(t);
  const files: Record<string, Buffer> = {
    'a.tar': tar,
    'a.tar.gz': gzipSync(tar),
    'a.tgz': gzipSync(tar),
    'a.TAR': gzipSync(tar),
  };
  for (const [name, bytes] of Object.entries(files)) {
    const { name: called, train, queries } = await openImages(write(root, name, bytes));
    assert.deepEqual([called, train.count, train.classes, queries?.count], ['a', 8, ['cat', 'dog'], 2]);
    for (let i = 0; i < 8; i++) {
      const number = Number(train.files?.[i]?.match(/(\d)\.png$/)?.[1]);
      assert.deepEqual(pixel(train, i, 4, 4), train.labels?.[i] === 0 ? [number, 0, 100] : [number, 100, 0]);
    }
  }
});

test('an archive cut short anywhere is refused', async (t) => {
  const root = temporary(t);
  const tar = await sample();
  // After the last entry's block, a tar has two blocks of zeros: losing one is common and loses
  // nothing.
  assert.equal((await openImages(write(root, 'one.tar', tar.subarray(0, tar.length - 512)))).train.count, 8);
  const entry = 1024;
  const ends = [
    1,
    300,
    511,
    512,
    700,
    512 + entry,
    512 + 2 * entry,
    512 + 2 * entry + 600,
    tar.length - 1024,
    tar.length - 1,
  ];
  for (const end of ends) await refused(write(root, 'cut.tar', tar.subarray(0, end)), /cut short/);
  const zipped = gzipSync(tar);
  for (const end of [3, 11, zipped.length >> 2, zipped.length >> 1, zipped.length - 9, zipped.length - 1]) {
    await refused(write(root, 'cut.tar.gz', zipped.subarray(0, end)), /cut short: its gzip data end early/);
  }
  for (const end of [512 + entry, 512 + 2 * entry, tar.length - 1024]) {
    await refused(write(root, 'inner.tar.gz', gzipSync(tar.subarray(0, end))), /cut short: the tar ends before/);
  }
});

test('what is no tar, or a damaged one, is refused', async (t) => {
  const root = temporary(t);
  const tar = await sample();
  await refused(write(root, 'empty.tar', ''), /empty; expected a .tar/);
  await refused(write(root, 'text.tar', 'x'.repeat(5000)), /not a tar archive/);
  await refused(write(root, 'text.tar.gz', gzipSync('x'.repeat(5000))), /not a tar archive/);
  await refused(write(root, 'a.tar', Buffer.from('28b52ffd00', 'hex')), /a zstd archive; expected a .tar, .tar.gz/);
  const damaged = Buffer.from(tar);
  damaged.fill(0x55, 512 + 1024, 512 + 1024 + 100);
  await refused(write(root, 'damaged.tar', damaged), /damaged after 2 entries/);
  const zipped = gzipSync(tar);
  zipped[zipped.length - 8] = (zipped[zipped.length - 8] as number) ^ 0xff;
  await refused(write(root, 'sum.tar.gz', zipped), /damaged: its gzip data do not unpack/);
  await refused(write(root, 'none.tar', await tarOf([{ name: 'a.txt', body: 'a' }])), /no images: its 1 files are/);
});

test('links and unsafe names are left out, hidden files passed over, and of one name the last counts', async (t) => {
  const red = await png([250, 0, 0]);
  const blue = await png([0, 0, 250]);
  const tar = await tarOf([
    { name: './a.png', body: red },
    { name: './b.png', body: red },
    { name: './c.png', type: 'symlink', linkname: 'a.png' },
    { name: './d.png', type: 'link', linkname: 'a.png' },
    { name: '../e.png', body: red },
    { name: '/f.png', body: red },
    { name: 'x/../../g.png', body: red },
    { name: './._a.png', body: 'resource fork' },
    { name: `${'long/'.repeat(60)}h.png`, body: red },
    { name: './b.png', body: blue },
    ...[...Array(7).keys()].map((i) => ({ name: `z${i}.png`, body: red })),
  ]);
  const { train, skipped } = await openImages(write(temporary(t), 'odd.tar', tar));
  assert.deepEqual(train.files?.slice(0, 3), ['a.png', 'b.png', `${'long/'.repeat(60)}h.png`]);
  assert.deepEqual(
    [0, 1, 2].map((i) => pixel(train, i, 0, 0)[2]),
    [0, 250, 0],
  );
  assert.deepEqual(
    skipped.map(({ file, reason }) => [file, reason]),
    [
      ['c.png', 'no file but a link'],
      ['d.png', 'no file but a link'],
      ['../e.png', 'a name that leads out of the archive'],
      ['/f.png', 'a name that leads out of the archive'],
      ['x/../../g.png', 'a name that leads out of the archive'],
    ],
  );
});

test('a bad image in an archive is skipped and named', async (t) => {
  const entries = await Promise.all([...Array(10).keys()].map(async (i) => ({ name: `${i}.png`, body: await png() })));
  const tar = await tarOf([...entries, { name: 'bad.jpg', body: 'nothing' }, { name: 'none.jpg' }]);
  const { train, skipped } = await openImages(write(temporary(t), 'a.tar', tar));
  assert.equal(train.count, 10);
  assert.deepEqual(
    skipped.map((skip) => skip.file),
    ['bad.jpg', 'none.jpg'],
  );
});

test('images of several sizes in an archive are read again at the working size', async (t) => {
  const tar = await tarOf([
    { name: '1.png', body: await png([1, 2, 3], 16) },
    { name: '2.png', body: await png([4, 5, 6], 20) },
  ]);
  const { train } = await openImages(write(temporary(t), 'a.tar', tar));
  assert.deepEqual([train.count, train.height], [2, 96]);
  assert.deepEqual(
    [pixel(train, 0, 50, 50), pixel(train, 1, 50, 50)],
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  );
});

test('opening an archive can be stopped', async (t) => {
  const where = write(temporary(t), 'a.tar', await sample());
  const stop = new AbortController();
  const onProgress = (_done: number, _total: number | undefined, what: string) => {
    if (what === 'decoding') stop.abort();
  };
  await assert.rejects(openImages(where, { onProgress, signal: stop.signal }), { name: 'AbortError' });
});

test('a stop while a tar is listed is no failure of gzip', () => {
  assert.equal(gzipError('a.tar', new DOMException('stopped', 'AbortError')), undefined);
});

test('a tar whose first name begins like a program is a tar', async (t) => {
  const tar = await tarOf([{ name: 'MZ.png', body: await png() }]);
  const { train } = await openImages(write(temporary(t), 'a.tar', tar));
  assert.deepEqual(train.files, ['MZ.png']);
});
