import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parquetMetadataAsync, parquetSchema } from 'hyparquet';
import { openImages } from '../../../src/images/index.js';
import { pagesOf } from '../../../src/images/sources/hugging-face/pages.js';
import { pixel, png, temporary, write } from '../making.js';

/** Made by `scripts/fixtures/hugging_face.py`: image n has n as its red, and class n % 3. */
const fixtures = fileURLToPath(new URL('../../../../test/fixtures/hugging-face', import.meta.url));

type Set = Awaited<ReturnType<typeof openImages>>['train'];

const redsOf = (set: Set | undefined) =>
  set ? [...Array(set.count).keys()].map((i) => pixel(set, i, 0, 0)[0] as number) : [];
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test("a folder as on the Hub: splits by names of files, classes by the schema's names, rows in order", async (t) => {
  const { train, queries, note } = await openImages(join(fixtures, 'hub'));
  assert.deepEqual(redsOf(train), range(0, 12));
  assert.equal(train.files?.[7], 'train-00001-of-00002/000001');
  // The label of one row is null, so that classes are not known of all.
  assert.deepEqual([train.classes, queries], [undefined, undefined]);
  assert.match(note ?? '', /as only 11 of 12 images have one/);
  assert.match(note ?? '', /images are column 'image', labels 'label'.*other columns of images: thumbnail/);

  const whole = temporary(t);
  for (const name of ['train-00001-of-00002', 'validation-00000-of-00001']) {
    cpSync(join(fixtures, 'hub/data', `${name}.parquet`), join(whole, `${name}.parquet`));
  }
  const { reference, queries: asked } = await openImages(whole);
  assert.deepEqual([redsOf(reference), redsOf(asked)], [range(6, 12), range(20, 26)]);
  for (const set of [reference, asked]) {
    for (const [i, red] of redsOf(set).entries()) {
      assert.equal(set?.classes?.[set.labels?.[i] as number], ['cat', 'dog', 'ship'][red % 3]);
    }
  }
  const thumbnails = await openImages(whole, { imageColumn: 'thumbnail' });
  assert.deepEqual(redsOf(thumbnails.train), range(206, 212));
  await assert.rejects(
    openImages(whole, { imageColumn: 'picture' }),
    /no column 'picture' of images; there is image, thumbnail/,
  );
});

test('save_to_disk: Arrow in a folder a split, record batch by record batch', async () => {
  const { reference, queries } = await openImages(join(fixtures, 'saved'));
  // Number 4 is not among these, so each has a class.
  assert.deepEqual([redsOf(reference), redsOf(queries)], [range(0, 4), range(20, 23)]);
  assert.deepEqual(reference?.classes, ['cat', 'dog', 'ship']);
  for (const [i, red] of redsOf(reference).entries()) assert.equal(reference?.labels?.[i], red % 3);
  const one = await openImages(join(fixtures, 'saved/train/data-00000-of-00002.arrow'));
  assert.deepEqual(redsOf(one.train), [0, 1]);
});

test('every codec of pyarrow, dictionaries and pages of either version, several row groups', async () => {
  for (const codec of ['none', 'snappy', 'gzip', 'brotli', 'lz4', 'zstd']) {
    const { train } = await openImages(join(fixtures, `codec-${codec}.parquet`));
    assert.deepEqual(
      redsOf(train).sort((a, b) => a - b),
      range(0, 9),
      codec,
    );
    for (const [i, red] of redsOf(train).entries()) assert.equal(train.labels?.[i], red % 3, codec);
  }
});

test('16 bits are TIFF inside; several images a row; paths without pictures are named with the cure', async (t) => {
  const { train } = await openImages(join(fixtures, 'uint16.parquet'));
  assert.equal(train.count, 3);
  const several = await openImages(join(fixtures, 'several.parquet'));
  assert.deepEqual(redsOf(several.train).sort(), [1, 2, 3]);
  assert.deepEqual(several.train.files?.toSorted(), ['several/000000/0', 'several/000000/1', 'several/000002']);
  assert.match(several.note ?? '', /1 rows without an image are left out/);
  await assert.rejects(
    openImages(join(fixtures, 'paths-only.parquet')),
    /paths of images and no images, such as \/home\/somebody\/pictures\/0\.png, which is not here.*embed_table_storage/,
  );
  const damaged = write(temporary(t), 'bad.parquet', Buffer.from('PAR1 and nothing more'));
  await assert.rejects(openImages(damaged), /bad\.parquet: damaged, or no Parquet file/);
  await assert.rejects(
    openImages(write(temporary(t), 'bad.arrow', 'x'.repeat(100))),
    /bad\.arrow: damaged, or no Arrow/,
  );
});

test('lists of images over several pages: a page at a time, each row whole', async () => {
  const wanted = range(0, 12).flatMap((n) => (n === 5 ? [] : range(0, n % 4).map((i) => 4 * n + i)));
  for (const kind of ['structs', 'bytes']) {
    for (const codec of ['none', 'zstd', 'snappy']) {
      const name = `lists-${kind}-${codec}`;
      const { train } = await openImages(join(fixtures, `${name}.parquet`));
      assert.deepEqual(redsOf(train), wanted, name);
      assert.deepEqual(
        train.files?.slice(0, 4),
        [1, 2, 2, 3].map((n, i) => `${name}/${String(n).padStart(6, '0')}${n === 1 ? '' : `/${[0, 0, 1, 0][i]}`}`),
      );
      const rows = await pagesIn(name);
      assert.ok(rows.length > 4, `${rows.length} pages`);
      assert.ok(Math.max(...rows) <= 4, `${rows} rows of a page`);
    }
  }
});

/** How many rows each page of the first row group brought. */
async function pagesIn(name: string): Promise<number[]> {
  const bytes = readFileSync(join(fixtures, `${name}.parquet`));
  const file = {
    byteLength: bytes.length,
    slice: (from: number, to = bytes.length) => Uint8Array.from(bytes.subarray(from, to)).buffer,
  };
  const metadata = await parquetMetadataAsync(file);
  const path = metadata.row_groups[0]?.columns[0]?.meta_data?.path_in_schema as string[];
  const pages = [];
  for await (const { values } of pagesOf(file, metadata, parquetSchema(metadata), { group: 0, path }, () => true)) {
    pages.push(values.length);
  }
  return pages;
}

test('of a row group only the pages are read that hold what is asked for', async () => {
  for (const [name, leaf] of [
    ['codec-none.parquet', 'jpg'],
    ['hub/data/train-00000-of-00002.parquet', 'image.bytes'],
  ] as const) {
    const bytes = readFileSync(join(fixtures, name));
    const asked: number[] = [];
    const file = {
      byteLength: bytes.length,
      slice(from: number, to = bytes.length) {
        asked.push(to - from);
        return Uint8Array.from(bytes.subarray(from, to)).buffer;
      },
    };
    const metadata = await parquetMetadataAsync(file);
    const of = { group: 0, path: leaf.split('.') };
    const rows = async (wants: (from: number, to: number) => boolean) => {
      asked.length = 0;
      const found: number[] = [];
      for await (const { from, values } of pagesOf(file, metadata, parquetSchema(metadata), of, wants)) {
        for (const [i, [value]] of values.entries()) if (value instanceof Uint8Array) found.push(from + i);
      }
      return { found, read: asked.reduce((sum, one) => sum + one, 0) };
    };
    const all = await rows(() => true);
    assert.deepEqual(all.found, range(0, 6), name);
    const none = await rows(() => false);
    assert.deepEqual(none.found, [], name);
    if (name.startsWith('codec')) {
      const one = await rows((from, to) => from <= 5 && 5 < to);
      assert.ok(one.found.includes(5) && one.found.length < 6, `${one.found} of a group of several pages`);
    }
  }
});

test('a folder with images of its own is not taken for a table', async (t) => {
  const root = temporary(t);
  mkdirSync(join(root, 'a'));
  for (const [i, name] of ['a/1.png', 'b/2.png'].entries()) write(root, name, await png([i, 0, 0]));
  cpSync(join(fixtures, 'several.parquet'), join(root, 'extra.parquet'));
  const { train, note } = await openImages(root);
  assert.equal(train.count, 2);
  assert.match(note ?? '', /1 archives beside the images are not opened, such as extra\.parquet/);
});
