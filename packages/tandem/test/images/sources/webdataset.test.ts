import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openImages } from '../../../src/images/index.js';
import { pixel, png, tarOf, temporary, write } from '../making.js';

type Entry = { name: string; body: Buffer | string };

/**
 * Three shards of four samples: number n has n as its red, and files beside it as `beside` says.
 */
async function shards(root: string, beside: (n: number) => Entry[], zipped = false): Promise<string> {
  for (let shard = 0; shard < 3; shard++) {
    const entries: Entry[] = [];
    for (let i = 0; i < 4; i++) {
      const n = 4 * shard + i;
      entries.push({ name: `${i}.png`, body: await png([n, 0, 0]) }, ...beside(n));
    }
    const tar = await tarOf(entries);
    const name = `pets-${String(shard + 8).padStart(3, '0')}.tar`;
    write(root, name, zipped ? gzipSync(tar) : tar);
  }
  return join(root, 'pets-{008..010}.tar');
}

const inShard = (n: number) => n % 4;

test('shards make one set; a number in .cls is the class, in order of size', async (t) => {
  const labels = [2, 10, 2, 10, 1, 1, 2, 10, 1, 2, 10, 1];
  const where = await shards(temporary(t), (n) => [{ name: `${inShard(n)}.cls`, body: `${labels[n]}\n` }]);
  const { name, train, queries } = await openImages(where);
  assert.deepEqual([name, train.count, train.classes, queries?.count], ['pets', 12, ['1', '2', '10'], 3]);
  assert.ok(train.files?.includes('pets-009/3.png'));
  for (let i = 0; i < 12; i++) {
    const n = pixel(train, i, 0, 0)[0] as number;
    assert.equal(train.files?.[i], `pets-${String(Math.floor(n / 4) + 8).padStart(3, '0')}/${n % 4}.png`);
    assert.equal(train.classes?.[train.labels?.[i] as number], String(labels[n]));
  }
});

test('classes come from .json and one-word .txt too, gzipped or not', async (t) => {
  const word = (n: number) => (n % 2 ? 'dog' : 'cat');
  const kinds: Record<string, (n: number) => Entry[]> = {
    json: (n) => [{ name: `${inShard(n)}.json`, body: JSON.stringify({ label: word(n), width: 8 }) }],
    cls: (n) => [{ name: `${inShard(n)}.json`, body: JSON.stringify({ cls: n % 2 }) }],
    txt: (n) => [{ name: `${inShard(n)}.txt`, body: word(n) }],
  };
  for (const [kind, beside] of Object.entries(kinds)) {
    const { train } = await openImages(await shards(temporary(t), beside, kind === 'json'));
    assert.deepEqual(train.classes, kind === 'cls' ? ['0', '1'] : ['cat', 'dog'], kind);
    for (let i = 0; i < 12; i++) assert.equal(train.labels?.[i], (pixel(train, i, 0, 0)[0] as number) % 2);
  }
});

test('captions and damaged files are no classes; classes for some images alone are not used, with a warning', async (t) => {
  const caption = (n: number) => [{ name: `${inShard(n)}.txt`, body: 'a cat on a mat' }];
  assert.equal((await openImages(await shards(temporary(t), caption))).train.classes, undefined);
  const damaged = (n: number) => [{ name: `${inShard(n)}.json`, body: '{"label": ' }];
  assert.equal((await openImages(await shards(temporary(t), damaged))).train.classes, undefined);
  const some = (n: number) => (n < 3 ? [{ name: `${inShard(n)}.cls`, body: String(n) }] : []);
  const { train, note } = await openImages(await shards(temporary(t), some));
  assert.equal(train.classes, undefined);
  assert.match(note ?? '', /classes beside images are not used, as only 3 of 12 images have one/);
});

test('one shard alone, and class folders inside shards', async (t) => {
  const root = temporary(t);
  await shards(root, (n) => [{ name: `${inShard(n)}.cls`, body: String(n % 2) }]);
  assert.deepEqual((await openImages(join(root, 'pets-008.tar'))).train.classes, ['0', '1']);
  for (const shard of [0, 1]) {
    const entries = ['cat', 'dog'].map(async (name) => ({ name: `${name}/1.png`, body: await png() }));
    write(root, `f${shard}.tar`, await tarOf(await Promise.all(entries)));
  }
  const { train } = await openImages(join(root, 'f{0..1}.tar'));
  assert.deepEqual(
    [train.classes, [...(train.labels ?? [])].sort()],
    [
      ['cat', 'dog'],
      [0, 0, 1, 1],
    ],
  );
});

test('missing shards are counted and the first is named; ranges must count upwards', async (t) => {
  const root = temporary(t);
  await shards(root, () => []);
  await assert.rejects(
    openImages(join(root, 'pets-{008..012}.tar')),
    /2 of 5 shards are missing, first .*pets-011.tar/,
  );
  await assert.rejects(openImages(join(root, 'pets-{010..008}.tar')), /must count upwards/);
  await assert.rejects(openImages(join(root, 'no', 'pets-{0..1}.tar')), /2 of 2 shards are missing/);
});

test('names with dots keep their classes, and several images a sample can be chosen from', async (t) => {
  const root = temporary(t);
  const dotted = await Promise.all(
    [0, 1, 2, 3].map(async (n) => [
      { name: `set.v1/img.00${n}.png`, body: await png([n, 0, 0]) },
      { name: `set.v1/img.00${n}.cls`, body: String(n % 2) },
    ]),
  );
  const { train } = await openImages(write(root, 'dots.tar', await tarOf(dotted.flat())));
  assert.deepEqual(
    [train.classes, [...(train.labels ?? [])].sort()],
    [
      ['0', '1'],
      [0, 0, 1, 1],
    ],
  );

  const pairs = await Promise.all(
    [0, 1, 2, 3].map(async (n) => [
      { name: `${n}.left.png`, body: await png([n, 0, 0]) },
      { name: `${n}.right.png`, body: await png([100 + n, 0, 0]) },
      { name: `${n}.cls`, body: String(n % 2) },
    ]),
  );
  const where = write(root, 'pairs.tar', await tarOf(pairs.flat()));
  const both = await openImages(where);
  assert.deepEqual([both.train.count, both.train.classes], [8, ['0', '1']]);
  assert.match(both.note ?? '', /samples have several images \(left\.png 4, right\.png 4\).*--image-column/);
  for (const part of ['right.png', 'right']) {
    const { train: right } = await openImages(where, { imageColumn: part });
    assert.equal(right.count, 4);
    for (let i = 0; i < 4; i++) assert.ok((pixel(right, i, 0, 0)[0] as number) >= 100);
  }
  await assert.rejects(
    openImages(where, { imageColumn: 'middle' }),
    /no image is 'middle' of its sample; there are left/,
  );
});

test('a tar of tars is a folder of folders, as ILSVRC2012_img_train.tar is; a damaged one is named', async (t) => {
  const root = temporary(t);
  const inner = async (first: number) =>
    tarOf(
      await Promise.all(
        [0, 1, 2].map(async (n) => ({ name: `${first}_${n}.png`, body: await png([10 * first + n, 0, 0]) })),
      ),
    );
  const outer = [
    { name: 'n01.tar', body: await inner(1) },
    { name: 'n02.tar', body: await inner(2) },
  ];
  const { train } = await openImages(write(root, 'all.tar', await tarOf(outer)));
  assert.deepEqual(train.classes, ['n01', 'n02']);
  for (let i = 0; i < 6; i++) {
    const red = pixel(train, i, 0, 0)[0] as number;
    assert.equal(train.files?.[i], `n0${Math.floor(red / 10)}/${Math.floor(red / 10)}_${red % 10}.png`);
    assert.equal(train.labels?.[i], Math.floor(red / 10) - 1);
  }
  const damaged = [...outer, { name: 'n03.tar', body: 'x'.repeat(2000) }];
  await assert.rejects(
    openImages(write(root, 'bad.tar', await tarOf(damaged))),
    /bad\.tar: n03\.tar: not a tar archive, or damaged/,
  );
});

test('names of shards say the split', async (t) => {
  const root = temporary(t);
  for (const [i, name] of ['pets-train-000', 'pets-train-001', 'pets-val-000'].entries()) {
    const entries = [0, 1].map(async (n) => [
      { name: `${n}.png`, body: await png([2 * i + n, 0, 0]) },
      { name: `${n}.cls`, body: String(n) },
    ]);
    write(root, `${name}.tar`, await tarOf((await Promise.all(entries)).flat()));
  }
  const { reference, queries } = await openImages(root);
  assert.deepEqual([reference?.count, queries?.files], [4, ['pets-val-000/0.png', 'pets-val-000/1.png']]);
});

test("img2dataset's shards: captions are no classes, tables beside are left alone, failures are told", async (t) => {
  const root = temporary(t);
  for (const shard of [0, 1]) {
    const entries = await Promise.all(
      [0, 1, 2].map(async (n) => [
        { name: `0000${shard}000${n}.jpg`, body: await png([10 * shard + n, 0, 0]) },
        { name: `0000${shard}000${n}.txt`, body: 'a picture' },
        {
          name: `0000${shard}000${n}.json`,
          body: JSON.stringify({ key: `${n}`, status: 'success', caption: 'a picture' }),
        },
      ]),
    );
    write(root, `0000${shard}.tar`, await tarOf(entries.flat()));
    write(root, `0000${shard}.parquet`, 'not looked into');
    write(root, `0000${shard}_stats.json`, JSON.stringify({ count: 5, successes: 3, failed_to_download: 2 }));
  }
  const { train, note } = await openImages(root);
  assert.deepEqual([train.count, train.classes], [6, undefined]);
  assert.match(note ?? '', /4 of 10 images were not fetched when the shards were made/);
});
